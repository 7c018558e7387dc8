"""The worklist: one page of 50 rows in few queries, at any size; its pages, search, saved views, and what it says without reloading."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from portal.reviews import reference, saved, services, worklist
from portal.reviews.errors import ReviewError
from portal.reviews.models import Review, SavedFilter
from portal.reviews.referrals import refer
from tests.portal.worklist_rows import open_many

HTMX = {"HTTP_HX_REQUEST": "true"}


def listed(page: Any) -> list[str]:
    return re.findall(r'data-review="([0-9a-f-]{36})"', page.content.decode())


def neighbour(page: Any, side: str) -> str:
    found = re.search(rf'href="(\?[^"]*{side}=[^"]+)"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def state_of(page: Any) -> str:
    found = re.search(r'data-state="(\w+)"', page.content.decode())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("size", [3, 2000])
def test_fifty_rows_and_at_most_eight_queries_at_any_size(
    size: int, browse: Any, patient: User, practitioner: User, malaria: ModelVersion
) -> None:
    open_many(patient, malaria, size)
    SavedFilter.objects.create(user=practitioner, name="Malaria", query="disease=malaria")
    client = browse(practitioner)
    for address in ("/reviews/", "/reviews/?q=malaria&urgency=2", "/reviews/?view=overdue"):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address)
        assert page.status_code == 200
        assert len(asked) <= 8, [query["sql"][:90] for query in asked]
    assert len(listed(client.get("/reviews/"))) == min(size, 50)
    assert ("999+" in client.get("/reviews/").content.decode()) == (size > 999)


def test_each_row_says_which_reading_is_wanted(
    browse: Any, patient: User, practitioner: User, other_practitioner: User, malaria: ModelVersion
) -> None:
    client = browse(practitioner)
    first, second, arbiter, mine, theirs = open_many(patient, malaria, 5)
    state = state_of(client.get("/reviews/"))
    Review.objects.filter(pk=second.pk).update(role="second")
    Review.objects.filter(pk=arbiter.pk).update(role="arbiter")
    assert state_of(client.get("/reviews/")) != state  # so that an open page shows it without a reload
    for review, reader, to in ((mine, other_practitioner, practitioner), (theirs, practitioner, other_practitioner)):
        services.claim(review=review, practitioner=reader)
        refer(review=review, practitioner=reader, to=to, reason="Outside my field.")
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/reviews/").content.decode()
    assert len(asked) <= 8, [query["sql"][:90] for query in asked]

    def wanted(review: Review) -> str:
        row = page.partition(f'data-review="{review.pk}"')[2].partition('class="wanted">')[2].partition('class="holder"')[0]
        return " ".join(re.sub(r"<[^>]*>", "", row.rpartition("<span")[0]).split())

    said = ["First reading", "Second reading", "Arbitration", "Referred to you, first reading", "First reading"]
    assert [wanted(review) for review in (first, second, arbiter, mine, theirs)] == said


def test_the_api_s_list_asks_at_most_as_often(api: Any, patient: User, practitioner: User, malaria: ModelVersion) -> None:
    open_many(patient, malaria, 200)
    client = api(practitioner)
    client.get("/api/v1/reviews/?page_size=50")
    with CaptureQueriesContext(connection) as asked:
        rows = client.get("/api/v1/reviews/?page_size=50").json()["results"]
    assert len(rows) == 50
    assert len(asked) <= 8, [query["sql"][:90] for query in asked]


def test_the_open_list_is_read_from_its_index(patient: User, practitioner: User, malaria: ModelVersion) -> None:
    """Also when nearly all of what there is was signed long ago: the plan reads the first rows in order and sorts nothing."""
    now = timezone.now()
    done = {"status": "signed", "practitioner": practitioner, "revealed_at": now, "signed_at": now}
    open_many(patient, malaria, 2000, **done)
    open_many(patient, malaria, 500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rows = worklist.parts(practitioner)["open"].with_row().order_by("due_at", "id")[:51]
    plan = rows.explain()
    assert "using reviews_open" in plan, plan
    assert "Sort" not in plan, plan
    later = worklist.parts(practitioner)["open"].filter(due_at__gte=rows[50].due_at).order_by("due_at", "id")[:51].explain()
    assert re.search(r"reviews_open.*\n\s+Index Cond: \(.*due_at", later), later


def test_every_row_is_on_one_page_while_rows_move(browse: Any, patient: User, practitioner: User, malaria: ModelVersion) -> None:
    same_moment = timezone.now() + timedelta(hours=3)
    made = open_many(patient, malaria, 60) + open_many(patient, malaria, 60, due_at=same_moment)
    client, seen, address = browse(practitioner), [], "?"
    pages = []
    while address:
        page = client.get(f"/reviews/{address}")
        seen += listed(page)
        pages.append(address)
        address = neighbour(page, "after")
        if len(pages) == 1:  # news while one reads: an urgent one comes, one that was shown is signed
            open_many(patient, malaria, 1, urgency=1, due_at=timezone.now())
            Review.objects.filter(pk=seen[3]).update(status="declined")
    assert len(pages) == 3
    assert len(seen) == len(set(seen)) == 120
    assert set(seen) == {str(review.pk) for review in made}
    back = client.get(f"/reviews/{neighbour(page, 'before')}")
    assert listed(back) == seen[50:100]
    first = client.get(f"/reviews/{neighbour(back, 'before')}")
    assert listed(first)[1:] == [*seen[:3], *seen[4:50]]  # the urgent one that came meanwhile is on top


@pytest.mark.parametrize("token", ["x", "1", "1-x", "99999999999999999999-00000000000000000000000000000000", "-"])
def test_a_token_that_says_nothing_shows_the_first_page(
    token: str, browse: Any, patient: User, practitioner: User, malaria: ModelVersion
) -> None:
    made = open_many(patient, malaria, 2)
    for side in ("after", "before"):
        assert listed(browse(practitioner).get(f"/reviews/?{side}={token}")) == [str(review.pk) for review in made]


def test_what_was_signed_is_newest_first(browse: Any, patient: User, practitioner: User, malaria: ModelVersion) -> None:
    now = timezone.now()
    for minutes in range(3):
        signed = {"status": "signed", "practitioner": practitioner, "revealed_at": now, "signed_at": now - timedelta(minutes=minutes)}
        open_many(patient, malaria, 20, **signed)
    client = browse(practitioner)
    page = client.get("/reviews/?view=signed")
    rest = client.get(f"/reviews/{neighbour(page, 'after')}")
    times = [Review.objects.get(pk=pk).signed_at for pk in listed(page) + listed(rest)]
    assert len(times) == 60
    assert times == sorted(times, reverse=True)
    assert listed(client.get("/reviews/")) == []


def test_nothing_is_sent_or_noted_when_nothing_has_changed(
    browse: Any, patient: User, practitioner: User, other_practitioner: User, malaria: ModelVersion
) -> None:
    made = open_many(patient, malaria, 3)
    client = browse(practitioner)
    state = state_of(client.get("/reviews/"))
    noted = AuditEvent.objects.filter(action="review.listed").count()
    assert noted == 3
    assert client.get(f"/reviews/?state={state}", **HTMX).status_code == 204
    assert AuditEvent.objects.filter(action="review.listed").count() == noted
    services.claim(review=made[1], practitioner=other_practitioner)
    changed = client.get(f"/reviews/?state={state}", **HTMX)
    assert other_practitioner.name in changed.content.decode()
    assert AuditEvent.objects.filter(action="review.listed").count() == noted + 3
    state = state_of(changed)
    Review.objects.filter(pk=made[0].pk).update(due_at=timezone.now())
    assert "overdue" in client.get(f"/reviews/?state={state}", **HTMX).content.decode()


def test_a_review_has_a_short_name_that_finds_it(api: Any, patient: User, practitioner: User, malaria: ModelVersion) -> None:
    wanted = open_many(patient, malaria, 30)[7]
    client = api(practitioner)

    def found(text: str) -> list[str]:
        return [row["id"] for row in client.get("/api/v1/reviews/", {"q": text}).json()["results"]]

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", wanted.reference)
    sloppy = wanted.reference.lower().replace("-", "").replace("0", "o").replace("1", "l")
    for text in (
        wanted.reference,
        sloppy,
        wanted.reference[:7],
        str(wanted.pk),
        str(wanted.analysis.scan_id)[:13],
        str(wanted.analysis_id),
    ):
        assert found(text) == [str(wanted.pk)], text
    assert found("ZZZZ-ZZZZ") == []
    assert reference.ids_of("UUUU") is None  # U is no letter of the alphabet


def test_the_search_knows_diseases_symptoms_and_readers_but_no_patient(
    api: Any, patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    plain = answered(patient, 1).review  # type: ignore[attr-defined]
    feverish = answered(patient, 2, symptoms=["fever"]).review  # type: ignore[attr-defined]
    services.claim(review=plain, practitioner=other_practitioner)
    client = api(practitioner)

    def found(text: str) -> set[str]:
        return {row["id"] for row in client.get("/api/v1/reviews/", {"q": text}).json()["results"]}

    both = {str(plain.pk), str(feverish.pk)}
    assert found("malar") == found("blood smear") == both
    assert found("tuberculosis") == set()
    assert found("fever") == found("malaria FEVER") == {str(feverish.pk)}
    assert found(other_practitioner.name.split()[1]) == {str(plain.pk)}
    assert found(patient.name.split()[0]) == set()
    assert found("%") == found('"') == set()


def test_a_saved_view_is_a_tab_of_its_owner_alone(
    browse: Any, api: Any, practitioner: User, other_practitioner: User, patient: User
) -> None:
    client = browse(practitioner)
    answer = client.post("/reviews/saved/", {"name": " Feverish  cells ", "query": "q=fever&disease=malaria&view=x&after=1-2&junk=1"})
    assert answer["Location"] == "/reviews/?q=fever&disease=malaria"
    page = client.get(answer["Location"]).content.decode()
    assert re.search(r'aria-current="page">Feverish cells</a>', page)
    assert "Save this view" not in page
    assert "Feverish cells" not in browse(other_practitioner).get("/reviews/").content.decode()
    kept = SavedFilter.objects.get()
    assert browse(other_practitioner).post(f"/reviews/saved/{kept.pk}/remove/").status_code == 404
    assert api(other_practitioner).delete(f"/api/v1/saved-filters/{kept.pk}/").status_code == 404
    assert [row["query"] for row in api(practitioner).get("/api/v1/saved-filters/").json()["results"]] == ["q=fever&disease=malaria"]
    again = api(practitioner).post("/api/v1/saved-filters/", {"name": "Feverish cells", "query": "urgency=1"})
    assert (again.status_code, SavedFilter.objects.get().query) == (201, "urgency=1")
    assert api(patient).post("/api/v1/saved-filters/", {"name": "Mine", "query": "urgency=1"}).status_code == 403
    client.post(f"/reviews/saved/{kept.pk}/remove/")
    assert not SavedFilter.objects.exists()


def test_a_view_that_can_not_be_saved_is_said(practitioner: User) -> None:
    def code(name: str, query: str) -> str:
        with pytest.raises(ReviewError) as told:
            saved.save_filter(user=practitioner, name=name, query=query)
        return told.value.code

    assert code("  ", "urgency=1") == "empty"
    assert code("All", "") == code("All", "urgency=9") == code("All", "view=mine") == "nothing_to_save"
    for n in range(saved.MOST):
        saved.save_filter(user=practitioner, name=f"View {n}", query="urgency=1")
    assert code("One more", "urgency=1") == "too_many"
    saved.save_filter(user=practitioner, name="View 0", query="urgency=2")
