"""The pages of a patient in Hindi: the shipped catalogue has their words, whole and with what belongs into them."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from PIL import Image

from inference import diseases
from portal.accounts.models import User
from portal.analyses import services, worker
from portal.analyses.models import Analysis, ModelVersion
from portal.analyses.words import diseases_like, symptoms_like
from tests.conftest import as_upload, drawn_cell
from tests.portal.test_api import problem

Browse = Callable[[User | None], Client]


@pytest.fixture
def hindi(browse: Browse, patient: User) -> Client:
    """The patient's browser, which was asked to speak Hindi."""
    client = browse(patient)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "hi"
    return client


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def main(page: Any) -> str:
    """What stands on the page itself, without its frame and without what is marked as English."""
    text = page.content.decode()
    text = text[text.index("<main") : text.index("</main>")]
    text = re.sub(r"<(\w+)[^>]* lang=\"en\".*?</\1>|<code.*?</code>|<script.*?</script>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def latin(text: str) -> set[str]:
    """Words of three and more Latin letters, but for those in brackets, which are the terms that a clinic says."""
    return set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\([^()]*\)", "", text)))


def test_a_result_in_hindi(hindi: Client, patient: User, answered: Callable[..., Analysis]) -> None:
    page = hindi.get(f"/analyses/{answered(patient).pk}/")
    assert page["Content-Language"] == "hi"
    said = words(page)
    assert "मॉडल को इस तस्वीर में मलेरिया का संदेह है।" in said
    assert "100 तस्वीरों में से लगभग 97 में मलेरिया होता है।" in said
    assert "यह निर्णय में सहायता है, रोग का निदान नहीं।" in said
    assert "आज ही क्लिनिक जाएँ" in said
    assert latin(main(page)) <= {"PNG"}


def test_the_upload_page_in_hindi(hindi: Client, all_six: None) -> None:
    for disease in diseases.DISEASES.values():
        page = hindi.get(f"/analyses/new/{disease.code}/")
        assert latin(main(page)) <= {"JPEG", "PNG", "Giemsa", "COVID"}, disease.code
        for symptom in disease.symptoms:
            assert symptom.words not in words(page)


def test_a_refused_picture_in_hindi(hindi: Client, api: Any, patient: User, malaria: ModelVersion) -> None:
    grey = io.BytesIO()
    with Image.open(io.BytesIO(drawn_cell(3))) as image:
        image.convert("L").convert("RGB").save(grey, "PNG")
    analysis = services.submit(patient=patient, data=grey.getvalue(), disease="malaria").analysis
    worker.execute(str(analysis.pk), worker="test")
    page = words(hindi.get(f"/analyses/{analysis.pk}/"))
    assert "इस तस्वीर में रंग नहीं है" in page
    assert "This picture" not in page
    address = f"/api/v1/analyses/{analysis.pk}/"
    told = api(patient).get(address, headers={"Accept-Language": "hi"}).json()
    assert told["error_code"] == "wrong_modality"
    assert "रंग नहीं है" in told["error_message"]
    assert "no colour" in api(patient).get(address).json()["error_message"]


def test_a_file_that_is_no_picture_is_refused_in_hindi_by_page_and_api(
    hindi: Client, api: Any, patient: User, malaria: ModelVersion
) -> None:
    gif = b"GIF89a" + bytes(100)
    page = hindi.post("/analyses/new/malaria/", {"files": as_upload(gif, "a.gif")}, HTTP_ACCEPT="application/json")
    assert (page.status_code, page.json()["code"]) == (400, "unsupported_type")
    assert "GIF तस्वीर" in page.json()["message"]
    asked = {"file": as_upload(gif, "a.gif"), "disease": "malaria"}
    sent = api(patient).post("/api/v1/analyses/", asked, format="multipart", headers={"Accept-Language": "hi"})
    assert problem(sent, 415)["detail"] == page.json()["message"]


def test_what_went_wrong_on_our_side_is_told_with_its_number(patient: User, malaria: ModelVersion) -> None:
    analysis = services.submit(patient=patient, data=drawn_cell(0), disease="malaria").analysis
    for _ in range(3):
        [claimed] = services.claim(str(analysis.pk), worker="test")
        assert services.try_again(claimed, code="too_slow")
    analysis.refresh_from_db()
    with translation.override("hi"):
        assert analysis.error_words.startswith("हमने 3 बार कोशिश की")


def test_the_catalogue_is_searched_in_both_languages() -> None:
    with translation.override("hi"):
        assert diseases_like("मलेरिया") == diseases_like("malaria") == {"malaria"}
        assert diseases_like("छाती") == diseases_like("chest") == {"tuberculosis", "pneumonia", "covid19"}
        assert "fever" in symptoms_like("बुख़ार") & symptoms_like("बुखार") & symptoms_like("fever")  # with and without the dot
    with translation.override("en"):
        assert diseases_like("मलेरिया") == set()


def test_the_catalogue_of_diseases_speaks_hindi_in_the_api(api: Any, patient: User, malaria: ModelVersion) -> None:
    rows = api(patient).get("/api/v1/diseases/", headers={"Accept-Language": "hi"}).json()
    for row in rows:
        disease = diseases.get(row["code"])
        assert list(row["classes"]) == list(disease.classes)
        for told, english in (
            (row["summary"], disease.summary),
            (row["name"], disease.name),
            *zip(row["how_to"], disease.how_to, strict=True),
        ):
            assert told != english
            assert re.search("[\u0900-\u097f]", told)
