"""Which eye a picture shows: asked where it matters, kept with the scan, and shown to everybody who looks at it."""

import io
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

import samples
from inference import diseases
from portal.accounts.models import User
from portal.analyses import resent
from portal.analyses import services as analyses
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from portal.reviews import services
from portal.scans.models import Scan, Upload
from tests.api.test_uploads import pk, sent
from tests.conftest import as_upload
from tests.portal.worklist_rows import open_many

EYE = "diabetic_retinopathy"


@pytest.fixture
def retinopathy(all_six: None) -> ModelVersion:
    return ModelVersion.objects.active(EYE)


@pytest.fixture
def eye() -> bytes:
    return samples.path(EYE, "grade_2").read_bytes()


def test_it_is_data_of_the_kind_of_picture() -> None:
    asked = {code for code, disease in diseases.DISEASES.items() if disease.laterality}
    assert asked == {EYE}
    assert diseases.get(EYE).side("R") == "Right eye"
    assert diseases.get(EYE).side("") == diseases.get("malaria").side("R") == ""
    assert set(samples.LATERALITY) <= asked


def test_the_page_asks_and_shows_it(browse: Any, patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    client = browse(patient)
    page = client.get(f"/analyses/new/{EYE}/").content.decode()
    assert "Which eye is it?" in page
    assert 'name="laterality" value="L"' in " ".join(page.split())
    assert "checked" not in page.partition("Which eye")[2].partition("</fieldset>")[0]  # nobody's eye is guessed
    assert "Which eye" not in client.get("/analyses/new/malaria/").content.decode()
    told = client.post(f"/analyses/new/{EYE}/", {"files": as_upload(eye, "eye.jpg"), "laterality": "L", "wants_review": "on"}, follow=True)
    assert Scan.objects.get().laterality == "L"
    assert "Left eye" in told.content.decode()
    assert "Left eye" in client.get("/analyses/").content.decode()


def test_a_picture_in_pieces_has_a_side_of_its_own(browse: Any, api: Any, patient: User, retinopathy: ModelVersion) -> None:
    """As the page's script sends them: each file with its own."""
    for side, label in (("R", "grade_0"), ("L", "grade_1"), ("", "grade_3")):
        address = sent(api(patient), samples.path(EYE, label).read_bytes(), piece=100_000)
        form = {"upload": pk(address), "laterality": side}
        assert browse(patient).post(f"/analyses/new/{EYE}/", form, headers={"accept": "application/json"}).status_code == 201
    assert Upload.objects.count() == 0
    assert sorted(Scan.objects.values_list("laterality", flat=True)) == ["", "L", "R"]


def test_the_api_takes_it_and_tells_it(api: Any, patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    client = api(patient)
    about = {row["code"]: row["laterality"] for row in client.get("/api/v1/diseases/").json()}
    assert about[EYE] == {"R": "Right eye", "L": "Left eye"}
    assert about["malaria"] == {}

    def send(**asked: Any) -> Any:
        return client.post("/api/v1/analyses/", {"file": as_upload(eye, "eye.jpg"), "disease": EYE, **asked}, format="multipart")

    for wrong in ({"laterality": "B"}, {"laterality": "R", "disease": "malaria"}):
        refused = send(**wrong)
        assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (400, ["laterality"])
    assert Scan.objects.count() == 0
    made = send(laterality="R")
    assert (made.status_code, made.json()["laterality"]) == (201, "R")
    assert client.get("/api/v1/scans/").json()["results"][0]["laterality"] == "R"


def test_the_same_bytes_show_one_eye(patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    first = analyses.submit(patient=patient, data=eye, disease=EYE)
    assert first.analysis.scan.laterality == ""
    again = analyses.submit(patient=patient, data=eye, disease=EYE, laterality="L")
    assert (again.created, Scan.objects.get().laterality) == (False, "L")
    assert AuditEvent.objects.get(action="scan.side_named").detail == {"laterality": "L"}
    with pytest.raises(resent.OtherSide):
        analyses.submit(patient=patient, data=eye, disease=EYE, laterality="R")
    assert not analyses.submit(patient=patient, data=eye, disease=EYE).created
    assert Scan.objects.get().laterality == "L"


def test_a_wrong_eye_is_corrected_until_somebody_reads_it(
    browse: Any, api: Any, patient: User, practitioner: User, retinopathy: ModelVersion
) -> None:
    review = open_many(patient, retinopathy, 1)[0]
    analysis = review.analysis
    page = f"/analyses/{analysis.pk}/"
    client = browse(patient)
    assert "Which eye is it?" in client.get(page).content.decode()
    assert client.post(f"{page}side/", {"laterality": "R"}, follow=True).context["messages"]
    assert "Is it not the right eye?" in " ".join(client.get(page).content.decode().split())
    address = f"/api/v1/analyses/{analysis.pk}/side/"
    assert api(patient).post(address, {"laterality": "L"}).json()["laterality"] == "L"
    assert api(patient).post(address, {"laterality": "B"}).status_code == 400
    events = AuditEvent.objects.filter(action="scan.side_corrected").order_by("id")
    assert [event.detail for event in events] == [{"before": "", "laterality": "R"}, {"before": "R", "laterality": "L"}]
    services.claim(review=review, practitioner=practitioner)
    refused = api(patient).post(address, {"laterality": "R"})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    client.post(f"{page}side/", {"laterality": "R"})
    assert Scan.objects.get().laterality == "L"
    assert "Is it not the left eye?" not in client.get(page).content.decode()


def test_nothing_is_corrected_where_nothing_was_asked(api: Any, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    analysis = analyses.submit(patient=patient, data=cell, disease="malaria").analysis
    assert api(patient).post(f"/api/v1/analyses/{analysis.pk}/side/", {"laterality": "R"}).status_code == 409


def test_an_idempotency_key_stands_for_one_eye(patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    asked = {"patient": patient, "data": eye, "disease": EYE, "idempotency_key": "one"}
    analyses.submit(**asked, laterality="R")
    with pytest.raises(resent.KeyReused):
        analyses.submit(**asked, laterality="L")


def test_it_is_asked_of_no_other_picture(patient: User, malaria: ModelVersion, cell: bytes) -> None:
    with pytest.raises(ValueError, match="not asked"):
        analyses.submit(patient=patient, data=cell, disease="malaria", laterality="R")


def test_the_database_knows_the_sides(patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    scan = analyses.submit(patient=patient, data=eye, disease=EYE).analysis.scan
    with pytest.raises(IntegrityError), transaction.atomic():
        Scan.objects.filter(pk=scan.pk).update(laterality="X")


def test_readers_see_it_in_the_worklist_and_in_the_room(
    browse: Any, api: Any, patient: User, practitioner: User, retinopathy: ModelVersion
) -> None:
    sides = ["R", "L", ""]
    reviews = open_many(patient, retinopathy, 3)
    for review, side in zip(reviews, sides, strict=True):
        Scan.objects.filter(analyses__review=review).update(laterality=side)
    client = browse(practitioner)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/reviews/").content.decode()
    assert len(asked) <= 8
    assert page.count("right eye") == page.count("left eye") == 1
    for review, words in zip(reviews, ["Right eye", "Left eye", "Side not known"], strict=True):
        room = client.get(f"/reviews/{review.pk}/").content.decode()
        assert f'data-side="{words}"' in room
        services.claim(review=review, practitioner=practitioner)
        form = client.get(f"/reviews/{review.pk}/").context["form"]
        assert form["detail-eye"].value() == {"Right eye": "right", "Left eye": "left"}.get(words)  # the form starts with it
    assert {row["laterality"] for row in api(practitioner).get("/api/v1/reviews/").json()["results"]} == set(sides)


def test_the_copy_of_everything_has_it(browse: Any, patient: User, retinopathy: ModelVersion, eye: bytes) -> None:
    import zipfile

    analyses.submit(patient=patient, data=eye, disease=EYE, laterality="R")
    answer = browse(patient).post("/me/data/copy/")
    copy = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert '"laterality": "R"' in copy.read("data.json").decode()
    assert "right eye" in copy.read(f"reports/{Analysis.objects.get().pk}.html").decode()
