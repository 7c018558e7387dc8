"""One's scans over time: by month, piece by piece; and the pictures of one kind beside each other."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts import dependants
from portal.accounts.models import Sex, User
from portal.accounts.services import update_profile
from portal.analyses import timeline
from portal.analyses.models import Analysis, ModelVersion
from tests.portal.test_questions import signed

WHEN = [datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 2, 10, tzinfo=UTC), datetime(2026, 9, 30, 23, 30, tzinfo=UTC)]


@pytest.fixture
def three(patient: User, answered: Callable[..., Analysis]) -> list[Analysis]:
    """Two of November and one of September, newest first."""
    made = [answered(patient, seed) for seed in range(1, 4)]
    for analysis, when in zip(made, WHEN, strict=True):
        Analysis.objects.filter(pk=analysis.pk).update(queued_at=when)
    return [Analysis.objects.get(pk=analysis.pk) for analysis in made]


def rows(page: str) -> list[str]:
    return re.findall(r'id="row-([0-9a-f-]{36})"', page)


def test_scans_are_grouped_by_month(browse: Any, patient: User, three: list[Analysis]) -> None:
    page = browse(patient).get("/analyses/").content.decode()
    assert re.findall(r'<h2 id="m-[\d-]+">([^<]+)</h2>', page) == ["November 2026", "September 2026"]
    assert rows(page) == [str(analysis.pk) for analysis in three]
    assert page.index("September 2026") < page.index(str(three[2].pk))
    assert "Older" not in page


def test_pieces_follow_each_other_without_gaps_while_new_scans_arrive(
    browse: Any, patient: User, three: list[Analysis], answered: Callable[..., Analysis], monkeypatch: Any
) -> None:
    monkeypatch.setattr(timeline, "PAGE", 2)
    Analysis.objects.filter(pk=three[1].pk).update(queued_at=three[0].queued_at)  # the same moment: the key decides
    expected = [str(pk) for pk in Analysis.objects.order_by("-queued_at", "-id").values_list("pk", flat=True)]
    client = browse(patient)
    page = client.get("/analyses/?disease=malaria").content.decode()
    assert rows(page) == expected[:2]
    older = re.search(r'rel="next"\s+href="([^"]+)"', page)
    assert older is not None
    answered(patient, 9)  # a page by number would now show one twice
    second = client.get("/analyses/" + older[1].replace("&amp;", "&")).content.decode()
    assert rows(second) == expected[2:]
    assert "Newest" in second
    assert "disease=malaria" in second
    assert "Older" not in second


@pytest.mark.parametrize(
    "key", ["x", "_", "2026-11-20_x", "2026-11-20T10:00:00_0d5f6a4e-52a4-4d02-8a3a-f1c0f3f0f9b1", "2026-99-99T00:00:00Z_1"]
)
def test_a_key_that_is_none_shows_the_newest(browse: Any, patient: User, three: list[Analysis], key: str) -> None:
    assert len(rows(browse(patient).get("/analyses/", {"before": key}).content.decode())) == 3


def test_only_diseases_that_were_sent_can_be_chosen(browse: Any, patient: User, three: list[Analysis]) -> None:
    client = browse(patient)
    page = client.get("/analyses/").content.decode()
    assert '<option value="malaria">' in page
    assert '<option value="covid19">' not in page
    assert "Nothing fits these filters" in client.get("/analyses/?disease=covid19").content.decode()


def test_without_scans_it_says_what_will_appear(browse: Any, patient: User, malaria: ModelVersion) -> None:
    assert "Every picture that you upload is kept here" in browse(patient).get("/analyses/").content.decode()


def strip(page: str) -> list[str]:
    found = re.search(r'<ol class="strip".*?</ol>', page, re.DOTALL)
    return re.findall(r'href="/analyses/([0-9a-f-]{36})/"', found[0]) if found else []


def test_the_page_of_a_scan_leads_to_the_others_of_its_kind(
    browse: Any, patient: User, practitioner: User, three: list[Analysis], other_patient: User, answered: Callable[..., Analysis]
) -> None:
    answered(other_patient, 7)
    signed(three[2].review, practitioner)  # type: ignore[attr-defined]
    page = browse(patient).get(f"/analyses/{three[1].pk}/").content.decode()
    assert strip(page) == [str(three[2].pk), str(three[1].pk), str(three[0].pk)]  # as time went
    assert "Blood smears over time" in page
    assert re.search(rf'href="/analyses/{three[1].pk}/"\s+aria-current="page"', page)
    assert strip(browse(practitioner).get(f"/analyses/{three[2].pk}/").content.decode()) == []  # the others were not read by them


def test_the_only_picture_of_a_kind_has_no_strip(browse: Any, patient: User, answered: Callable[..., Analysis]) -> None:
    assert strip(browse(patient).get(f"/analyses/{answered(patient).pk}/").content.decode()) == []


def test_one_picture_with_several_answers_is_shown_once(all_six: None, patient: User) -> None:
    from portal.analyses.services import submit
    from samples import draw

    first = submit(patient=patient, data=draw("pneumonia", "normal", 1), disease="pneumonia", also=["covid19", "tuberculosis"])
    second = submit(patient=patient, data=draw("pneumonia", "normal", 2), disease="tuberculosis")
    Analysis.objects.filter(scan=first.analysis.scan).update(queued_at=second.analysis.queued_at - timedelta(days=1))
    shown = timeline.of_the_kind(second.analysis, Analysis.objects.visible_to(patient))
    assert [(a.scan_id, a.disease) for a in shown] == [
        (first.analysis.scan_id, "tuberculosis"),
        (second.analysis.scan_id, "tuberculosis"),
    ]


def test_a_childs_pictures_are_not_among_the_guardians(patient: User, answered: Callable[..., Analysis]) -> None:
    update_profile(user=patient, birth_date=date(1990, 1, 1))
    child = dependants.add(guardian=patient, name="Asha", birth_date=date(2020, 1, 1), sex=Sex.FEMALE, relationship="parent")
    own, theirs, later = answered(patient, 1), answered(patient, 2, dependant=child.pk), answered(patient, 3)
    seen = Analysis.objects.visible_to(patient)
    assert timeline.of_the_kind(own, seen) == [own, later]
    assert timeline.of_the_kind(theirs, seen) == []


def test_the_pages_ask_no_more_for_more_scans(browse: Any, patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    client = browse(patient)
    first = answered(patient, 1)
    answered(patient, 2)

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        return len(caught)

    paths = ("/analyses/", f"/analyses/{first.pk}/")
    few = [asked(path) for path in paths]
    for seed in range(3, 6):
        answered(patient, seed)
    assert [asked(path) for path in paths] == few
