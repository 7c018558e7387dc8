"""What a reader measured in the viewer: kept with the draft and the signature, checked by the server, told in words."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.reviews import amendments, drafts, measurements, own_templates, services
from portal.reviews.models import Draft, Opinion, Review
from portal.reviews.services import ReviewError
from portal.scans.models import Scan
from tests.portal.cases import READING, fresh, policy, read_and_sign

LINE = {"number": 1, "x1": 10.0, "y1": 20.0, "x2": 40.0, "y2": 60.0}  # 50 px
MEASURED = {"lines": [LINE], "calibration": {"pixels": 100.0, "millimetres": 8.0}}
FIRST, FINAL = Opinion.Stage.INDEPENDENT, Opinion.Stage.FINAL


@pytest.fixture
def review(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return services.claim(review=answered(patient).review, practitioner=practitioner)  # type: ignore[attr-defined]


@pytest.fixture
def scan() -> Scan:
    return Scan(width=130, height=120)


def test_lengths_are_told_in_pixels_and_in_millimetres_once_calibrated(scan: Scan) -> None:
    assert measurements.worded(measurements.checked(scan, {"lines": [LINE]})) == [("Line 1", "50.0 px")]
    assert measurements.worded(measurements.checked(scan, MEASURED)) == [("Line 1", "4.0 mm, calibrated by the reader (50.0 px)")]
    for nothing in (None, {}, "", {"lines": [], "calibration": None}):
        assert measurements.checked(scan, nothing) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        "lines",
        {"lines": "1"},
        {"lines": [1]},
        {"lines": [LINE, LINE]},
        {"lines": [{**LINE, "number": n} for n in range(1, 52)]},
        {"lines": [{**LINE, "x2": 10.2, "y2": 20.2}]},
        *({"lines": [{**LINE, "x2": value}]} for value in (130.01, -0.01, math.nan, math.inf, -math.inf, 10**400, True, "40", None)),
        {"lines": [{**LINE, "y1": 120.5}]},
        *({"lines": [{**LINE, "number": number}]} for number in (0, -1, 1.5, True, "1", 10**9)),
        *({"calibration": {"pixels": 10, "millimetres": value}} for value in (0, -1, math.nan, math.inf, 10_001, "8", None)),
        *({"calibration": {"pixels": value, "millimetres": 8}} for value in (0, 0.5, 200, math.nan)),
        {"calibration": [10, 8]},
    ],
)
def test_what_is_no_measurement_of_the_picture_is_refused(wrong: Any, scan: Scan) -> None:
    with pytest.raises(measurements.MeasurementsRefused):
        measurements.checked(scan, wrong)
    assert measurements.known(scan, wrong) == {}


def test_its_edges_are_inside(scan: Scan) -> None:
    edge = {"number": 1, "x1": 0, "y1": 0, "x2": 130, "y2": 120}
    assert measurements.checked(scan, {"lines": [edge]})["lines"] == [edge]
    fifty = [{**LINE, "number": n} for n in range(1, 51)]
    assert len(measurements.checked(scan, {"lines": fifty})["lines"]) == 50


def test_they_go_from_the_draft_into_the_reading_and_the_signature(browse: Any, review: Review, practitioner: User) -> None:
    desk, room = browse(practitioner), f"/reviews/{review.pk}/"
    assert desk.post(f"{room}drafts/independent/", {"measurements": json.dumps(MEASURED)}).status_code == 200
    assert Draft.objects.get().said == {"measurements": MEASURED}
    form = desk.get(room).context["form"]
    assert json.loads(form["measurements"].value()) == MEASURED
    typed = {**READING, "measurements": json.dumps(MEASURED)}
    desk.post(f"{room}reading/", typed)
    assert Opinion.objects.get(stage=FIRST).measurements == MEASURED
    page = desk.get(room)
    assert json.loads(page.context["form"]["measurements"].value()) == MEASURED  # the signature starts with them
    assert "4.0 mm, calibrated by the reader (50.0 px)" in page.content.decode()
    desk.post(f"{room}sign/", typed)
    assert Opinion.objects.get(stage=FINAL).measurements == MEASURED
    with pytest.raises(TypeError):
        Opinion.objects.get(stage=FINAL).save()


@pytest.mark.parametrize("wrong", ["{", "[" * 100_000, '{"lines": [{"number": 1, "x1": NaN, "y1": 1, "x2": 2, "y2": 9}]}', "7"])
def test_a_page_that_sends_nonsense_is_told_and_nothing_is_kept(wrong: str, browse: Any, review: Review, practitioner: User) -> None:
    answer = browse(practitioner).post(f"/reviews/{review.pk}/reading/", {**READING, "measurements": wrong})
    assert answer.status_code == 400
    assert not Opinion.objects.exists()
    assert browse(practitioner).post(f"/reviews/{review.pk}/drafts/independent/", {"notes": "a", "measurements": wrong}).status_code == 200
    assert Draft.objects.get().said == {"notes": "a"}


def test_every_version_has_its_own(browse: Any, review: Review, patient: User, practitioner: User) -> None:
    read_and_sign(review, practitioner, measurements=MEASURED)
    with pytest.raises(ReviewError) as same:
        amendments.amend(review=fresh(review), practitioner=practitioner, reason="Again.", **READING, measurements=MEASURED)
    assert same.value.code == "nothing_changed"
    longer = {"lines": [{**LINE, "x2": 70.0, "y2": 100.0}]}
    amendments.amend(review=fresh(review), practitioner=practitioner, reason="Measured anew.", **READING, measurements=longer)
    assert [version.measurements for version in fresh(review).versions] == [MEASURED, longer]
    room = browse(practitioner).get(f"/reviews/{review.pk}/").content.decode()
    assert "100.0 px" in room
    assert "4.0 mm" in room  # the version before
    for page in (f"/analyses/{review.analysis_id}/",):
        shown = browse(patient).get(page).content.decode()
        assert "What the practitioner measured" in shown
        assert 'x2="70.0"' in shown
        assert "4.0 mm" in shown


def test_a_second_reader_does_not_see_where_the_first_one_measured(
    browse: Any, review: Review, practitioner: User, other_practitioner: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner, measurements=MEASURED)
    desk = browse(other_practitioner)
    for _ in range(2):
        page = desk.get(f"/reviews/{review.pk}/").content.decode()
        assert "kept-lines" not in page
        assert "50.0 px" not in page
        desk.post(f"/reviews/{review.pk}/claim/")
    assert "kept-lines" in browse(practitioner).get(f"/reviews/{review.pk}/").content.decode()  # the first one sees their own


def test_templates_and_the_queue_hold_no_measurements(review: Review, practitioner: User) -> None:
    template = own_templates.save(practitioner=practitioner, name="T", disease="malaria", said={**READING, "measurements": MEASURED})
    assert "measurements" not in template.said
    draft = own_templates.apply(template=template, review=review, stage=FIRST, said={"measurements": MEASURED})
    assert draft.said["measurements"] == MEASURED  # what is typed, or drawn, stays
    assert drafts.typed("malaria", {"measurements": MEASURED}) == {}


def test_the_api_takes_and_tells_them(api: Any, review: Review, patient: User, practitioner: User) -> None:
    client, address = api(practitioner), f"/api/v1/reviews/{review.pk}/"
    reading = {key: value for key, value in READING.items() if key != "notes"}
    draft = client.put(f"{address}drafts/independent/", {"measurements": MEASURED}, format="json")
    assert draft.json()["said"]["measurements"] == MEASURED
    outside = {"lines": [{**LINE, "x2": 131}]}
    refused = client.post(f"{address}reading/", {**reading, "measurements": outside}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "measurement_refused")
    kept = client.post(f"{address}reading/", {**reading, "measurements": MEASURED}, format="json").json()["independent"]
    assert (kept["measurements"], kept["measured"]) == (MEASURED, {"Line 1": "4.0 mm, calibrated by the reader (50.0 px)"})
    signed = client.post(f"{address}sign/", {**reading, "measurements": MEASURED}, format="json").json()
    assert signed["opinion"]["measurements"] == signed["versions"][0]["measurements"] == MEASURED
    seen = api(patient).get(f"/api/v1/analyses/{review.analysis_id}/").json()["second_opinion"]
    assert seen["opinion"]["measurements"] == MEASURED
