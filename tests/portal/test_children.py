"""A minor's picture is uploaded by a parent or guardian; practitioners see the child's age and sex."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from portal.accounts import dependants
from portal.accounts.models import Dependant, Sex, User
from portal.accounts.services import update_profile
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from tests.conftest import drawn_cell

Browse = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]


def years_ago(years: int) -> date:
    return date.today() - timedelta(days=round(years * 365.25) + 1)


@pytest.fixture
def child(patient: User) -> Dependant:
    update_profile(user=patient, birth_date=years_ago(34), sex=Sex.MALE)
    return dependants.add(guardian=patient, name="Asha Canary", birth_date=years_ago(5), sex=Sex.FEMALE, relationship="parent")


def upload(client: Client, person: str, cell: bytes) -> Any:
    data = {"files": SimpleUploadedFile("a.png", cell), "person": person, "wants_review": "on"}
    return client.post("/analyses/new/malaria/", data, headers={"accept": "application/json"})


def test_a_guardian_uploads_and_the_practitioner_sees_age_and_sex_of_the_child(
    browse: Browse, api: Api, patient: User, practitioner: User, child: Dependant, answered: Callable[..., Analysis], cell: bytes
) -> None:
    assert "Asha Canary, 5 years" in browse(patient).get("/analyses/new/malaria/").content.decode()
    assert upload(browse(patient), str(child.pk), cell).status_code == 201
    analysis = Analysis.objects.get()
    assert (analysis.patient, analysis.scan.dependant) == (patient, child)
    assert "Asha Canary" in browse(patient).get("/analyses/").content.decode()
    assert "Asha Canary" in browse(patient).get(f"/analyses/{analysis.pk}/").content.decode()

    review = answered(patient, seed=8, dependant=child.pk).review  # type: ignore[attr-defined]
    shown = api(practitioner).get(f"/api/v1/reviews/{review.pk}/").json()
    assert (shown["patient_age"], shown["patient_sex"]) == (5, "female")
    for path in ("/reviews/", f"/reviews/{review.pk}/", f"/api/v1/reviews/{review.pk}/", "/api/v1/reviews/"):
        seen = (api(practitioner) if path.startswith("/api") else browse(practitioner)).get(path).content.decode()
        assert "Canary" not in seen
    assert "Female 5" in browse(practitioner).get("/reviews/").content.decode()


def test_a_minor_does_not_upload(browse: Browse, api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    update_profile(user=patient, birth_date=years_ago(15))
    page = browse(patient).get("/analyses/new/malaria/").content.decode()
    assert "A parent or guardian uploads for you" in page
    assert 'type="file"' not in page
    refused = upload(browse(patient), "", cell)
    assert (refused.status_code, refused.json()["code"]) == (400, "guardian_required")
    sent = api(patient).post("/api/v1/analyses/", {"file": SimpleUploadedFile("a.png", cell), "disease": "malaria"}, format="multipart")
    assert (sent.status_code, sent.json()["code"]) == (403, "guardian_required")
    added = api(patient).post("/api/v1/me/dependants/", {"name": "B", "birth_date": str(years_ago(2)), "relationship": "parent"})
    assert (added.status_code, added.json()["code"]) == (403, "guardian_required")
    assert Analysis.objects.count() == 0


def test_one_picture_shows_one_person(browse: Browse, patient: User, child: Dependant, malaria: ModelVersion, cell: bytes) -> None:
    assert upload(browse(patient), "", cell).status_code == 201
    refused = upload(browse(patient), str(child.pk), cell)
    assert (refused.status_code, refused.json()["code"]) == (400, "other_person")
    assert upload(browse(patient), "", cell).status_code == 200
    assert upload(browse(patient), str(child.pk), drawn_cell(9)).status_code == 201
    assert Analysis.objects.count() == 2


def test_only_ones_own_children(
    browse: Browse, api: Api, other_patient: User, child: Dependant, malaria: ModelVersion, cell: bytes
) -> None:
    refused = upload(browse(other_patient), str(child.pk), cell)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    form = {"file": SimpleUploadedFile("a.png", cell), "disease": "malaria", "dependant": str(child.pk)}
    sent = api(other_patient).post("/api/v1/analyses/", form, format="multipart")
    assert (sent.status_code, sent.json()["code"]) == (409, "dependant_unknown")
    assert browse(other_patient).post(f"/me/children/{child.pk}/remove/").status_code == 404
    assert api(other_patient).delete(f"/api/v1/me/dependants/{child.pk}/").status_code == 404
    assert api(other_patient).get("/api/v1/me/dependants/").json() == []
    child.refresh_from_db()
    assert child.removed_at is None


def test_the_page_adds_and_removes(browse: Browse, patient: User, malaria: ModelVersion) -> None:
    client = browse(patient)
    assert "Nobody yet" in client.get("/me/children/").content.decode()
    grown = client.post("/me/children/", {"name": "Old", "birth_date": str(years_ago(19)), "sex": "unknown", "relationship": "parent"})
    assert grown.status_code == 400
    assert "signs up for themselves" in grown.content.decode()
    unborn = {"name": "U", "birth_date": str(date.today() + timedelta(days=9)), "sex": "unknown", "relationship": "parent"}
    assert client.post("/me/children/", unborn).status_code == 400
    facts = {"name": "Bina", "birth_date": str(years_ago(3)), "sex": "female", "relationship": "guardian"}
    assert client.post("/me/children/", facts).status_code == 302
    added = Dependant.objects.get()
    assert "Bina" in client.get("/me/children/").content.decode()
    assert client.post(f"/me/children/{added.pk}/remove/").status_code == 302
    assert "Bina, 3 years" not in client.get("/analyses/new/malaria/").content.decode()
    assert [event.action for event in AuditEvent.objects.filter(target_id=str(added.pk)).order_by("pk")] == [
        "dependant.added",
        "dependant.removed",
    ]


def test_who_came_of_age_is_told_to_sign_up(api: Api, patient: User, child: Dependant, malaria: ModelVersion, cell: bytes) -> None:
    Dependant.objects.update(birth_date=years_ago(18))
    form = {"file": SimpleUploadedFile("a.png", cell), "disease": "malaria", "dependant": str(child.pk)}
    sent = api(patient).post("/api/v1/analyses/", form, format="multipart")
    assert (sent.status_code, sent.json()["code"]) == (409, "not_a_minor")


def test_the_api_does_what_the_page_does(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    client = api(patient)
    added = client.post("/api/v1/me/dependants/", {"name": "Bina", "birth_date": str(years_ago(3)), "relationship": "parent"})
    assert (added.status_code, added.json()["age"], added.json()["sex"]) == (201, 3, "unknown")
    form = {"file": SimpleUploadedFile("a.png", cell), "disease": "malaria", "dependant": added.json()["id"]}
    assert client.post("/api/v1/analyses/", form, format="multipart").status_code == 201
    assert client.delete(f"/api/v1/me/dependants/{added.json()['id']}/").status_code == 204
    assert client.get("/api/v1/me/dependants/").json() == []
    assert Analysis.objects.get().scan.dependant is not None
