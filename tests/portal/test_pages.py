"""Pages without a browser: forms, errors, admin actions, headers."""

import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

import samples
from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from tests.conftest import as_upload, drawn_cell


def post(client: Any, *files: bytes, **more: Any) -> Any:
    data = {"files": [as_upload(data, f"cell{i}.png") for i, data in enumerate(files)], "wants_review": "on", **more}
    return client.post("/analyses/new/malaria/", data)


def test_several_files_are_uploaded_at_once(browse: Any, patient: User, malaria: ModelVersion) -> None:
    answer = post(browse(patient), drawn_cell(1), drawn_cell(2), symptoms=["fever"])
    assert answer["Location"] == "/analyses/"
    assert [analysis.symptoms for analysis in Analysis.objects.all()] == [["fever"]] * 2


def test_one_film_is_looked_at_for_all_that_is_ticked(browse: Any, patient: User, all_six: None) -> None:
    client = browse(patient)
    page = client.get("/analyses/new/tuberculosis/").content.decode()
    assert re.findall(r'name="also"\s+value="(\w+)"', page) == ["covid19", "pneumonia"]
    film = as_upload(samples.draw("pneumonia", "normal", 6), "film.png")
    answer = client.post("/analyses/new/tuberculosis/", {"files": [film], "also": ["pneumonia"]})
    shown = client.get(answer["Location"]).content.decode()
    other = Analysis.objects.get(disease="pneumonia")
    assert "The same picture was also looked at for:" in shown
    assert f'href="/analyses/{other.pk}/"' in shown
    assert "also looked at for" not in client.get(f"/analyses/{upload_of_a_cell(client).pk}/").content.decode()
    assert 'name="also"' not in client.get("/analyses/new/malaria/").content.decode()


def upload_of_a_cell(client: Any) -> Analysis:
    post(client, drawn_cell(8))
    return Analysis.objects.get(disease="malaria")


def test_a_refused_file_does_not_lose_the_others(browse: Any, patient: User, malaria: ModelVersion) -> None:
    page = post(browse(patient), drawn_cell(1), drawn_cell(2)[:300])
    assert page.status_code == 400
    text = page.content.decode()
    assert "cell1.png" in text
    assert "The end of the file is missing" in text
    assert Analysis.objects.count() == 1


def test_nothing_chosen_is_said(browse: Any, patient: User, malaria: ModelVersion) -> None:
    assert "Choose a picture first" in post(browse(patient)).content.decode()


def test_the_file_s_name_and_type_do_not_decide(browse: Any, patient: User, malaria: ModelVersion) -> None:
    file = as_upload(drawn_cell(4), "../<b>evil</b>.exe")
    browse(patient).post("/analyses/new/malaria/", {"files": file})
    scan = Analysis.objects.get().scan
    assert scan.format == "PNG"
    assert re.fullmatch(r"scans/[0-9a-f]{2}/[0-9a-f]{32}\.png", scan.file.name)
    image = browse(patient).get(f"/scans/{scan.pk}/image/")
    assert image["Content-Type"] == "image/png"
    assert image["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in image["Content-Security-Policy"]


def test_a_result_shows_a_large_picture_in_a_size_for_pages(browse: Any, patient: User, malaria: ModelVersion) -> None:
    large = Image.open(io.BytesIO(drawn_cell(7))).resize((3000, 2000))
    data = io.BytesIO()
    large.save(data, "JPEG", exif=_on_its_side())
    client = browse(patient)
    post(client, data.getvalue(), drawn_cell(8))
    of_large, of_small = Analysis.objects.order_by("scan__size")[::-1]
    assert f'src="/scans/{of_large.scan_id}/preview/"' in client.get(f"/analyses/{of_large.pk}/").content.decode()
    shown = client.get(f"/scans/{of_large.scan_id}/preview/")
    assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/jpeg", "private, max-age=300")
    picture = Image.open(io.BytesIO(shown.content))
    assert picture.size == (853, 1280)  # upright, and the same shape
    assert np.abs(np.asarray(picture.resize((20, 30))).astype(int) - np.asarray(large.rotate(-90, expand=True).resize((20, 30)))).mean() < 3
    whole = b"".join(client.get(f"/scans/{of_small.scan_id}/preview/").streaming_content)
    assert whole == of_small.scan.file.read()  # small already: as it is
    looks = AuditEvent.objects.filter(action="scan.image_read", actor=patient).values_list("target_id", flat=True)
    assert sorted(looks) == sorted(str(each.scan_id) for each in (of_large, of_small))


def _on_its_side() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def test_the_result_says_what_it_is_and_is_not(browse: Any, patient: User, answered: Callable[..., Analysis]) -> None:
    for probability, words in ((0.99, "suspicious for malaria"), (0.001, "nothing suspicious"), (0.5, "can not tell from this picture")):
        analysis = answered(patient, int(probability * 1000), probability)
        text = browse(patient).get(f"/analyses/{analysis.pk}/").content.decode()
        assert words in re.sub(r"\s+", " ", text)
        assert "not a diagnosis" in text
        assert "you have malaria" not in text.lower()


def test_polling_stops_when_the_answer_is_there(browse: Any, patient: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    assert browse(patient).get(f"/analyses/{analysis.pk}/status/").status_code == 286


def test_a_reading_that_is_refused_keeps_what_was_typed(
    browse: Any, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    review = answered(patient).review  # type: ignore[attr-defined]
    client = browse(practitioner)
    client.post(f"/reviews/{review.pk}/claim/")
    page = client.post(f"/reviews/{review.pk}/reading/", {"notes": "Half a thought", "confidence": "low", "recommendation": "none"})
    assert page.status_code == 400
    assert "Half a thought" in page.content.decode()


def test_the_worklist_never_shows_the_models_answer(
    browse: Any, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    review = answered(patient, probability=0.99).review  # type: ignore[attr-defined]
    client = browse(practitioner)
    for path in ("/reviews/", f"/reviews/{review.pk}/"):
        text = client.get(path).content.decode().lower()
        assert "suspicious" not in text
        assert "0.99" not in text


def test_administrators_requeue_cancel_and_change_models(browse: Any, patient: User, administrator: User, malaria: ModelVersion) -> None:
    post(browse(patient), drawn_cell(1))
    desk, analysis = browse(administrator), Analysis.objects.get()
    act = {"_selected_action": [str(analysis.pk)]}
    desk.post("/admin/analyses/analysis/", {**act, "action": "cancel"})
    assert Analysis.objects.get().status == "cancelled"
    desk.post("/admin/analyses/analysis/", {**act, "action": "requeue"})
    assert Analysis.objects.get().status == "queued"
    desk.post("/admin/analyses/modelversion/", {"_selected_action": [malaria.pk], "action": "retire"})
    assert ModelVersion.objects.active("malaria") is None
    assert "Not available yet" in browse(patient).get("/analyses/new/malaria/").content.decode()
    desk.post("/admin/analyses/modelversion/", {"_selected_action": [malaria.pk], "action": "activate"})
    assert ModelVersion.objects.active("malaria") == malaria


@pytest.mark.parametrize(
    "path",
    [
        *(
            "accounts/user/",
            "accounts/practitionerprofile/",
            "accounts/consenttext/",
            "accounts/consent/",
            "scans/scan/",
            "analyses/analysis/",
        ),
        *("analyses/modelversion/", "reviews/review/", "questions/question/", "notifications/notification/", "audit/auditevent/"),
    ],
)
def test_the_admin_lists_search_and_ask_no_more_for_more_rows(
    path: str,
    browse: Any,
    patient: User,
    practitioner: User,
    administrator: User,
    answered: Callable[..., Analysis],
    django_assert_max_num_queries: Any,
) -> None:
    desk = browse(administrator)
    answered(patient, 1)
    desk.get(f"/admin/{path}")
    with django_assert_max_num_queries(60) as few:
        assert desk.get(f"/admin/{path}?q=a").status_code == 200
        assert desk.get(f"/admin/{path}").status_code == 200
    for seed in range(2, 6):
        answered(patient, seed)
    with django_assert_max_num_queries(len(few.captured_queries)):
        desk.get(f"/admin/{path}?q=a")
        desk.get(f"/admin/{path}")


def test_every_row_opens_in_the_admin(
    browse: Any, patient: User, practitioner: User, administrator: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    desk = browse(administrator)
    rows = (f"analyses/analysis/{analysis.pk}", f"scans/scan/{analysis.scan_id}", f"reviews/review/{analysis.review.pk}")  # type: ignore[attr-defined]
    for row in (*rows, f"accounts/user/{patient.pk}", f"accounts/practitionerprofile/{practitioner.practitioner_profile.pk}"):
        assert desk.get(f"/admin/{row}/change/").status_code == 200


def test_missing_pages_are_kind(browse: Any, patient: User) -> None:
    page = browse(patient).get("/nowhere/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_pages_carry_no_inline_scripts_or_styles() -> None:
    for template in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        if {"email", "archive"} & set(template.parts):  # what is read outside the portal
            continue
        text = template.read_text()
        assert not re.search(r'<script(?![^>]*(?:src=|type="application/json"))|\son\w+=|\sstyle=|<style', text), template


def test_pages_leave_compressed_and_nothing_else_does(browse: Any, patient: User, answered: Callable[..., Analysis]) -> None:
    analysis, home = answered(patient), browse(patient)
    page = home.get("/analyses/", HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert gzip.decompress(page.content).decode().count("<html") == 1
    sizes = {len(home.get("/analyses/", HTTP_ACCEPT_ENCODING="gzip").content) for _ in range(12)}
    assert len(sizes) > 1  # the same page is not always of the same size, so its size does not tell what is in it
    for path in (f"/scans/{analysis.scan_id}/image/", f"/scans/{analysis.scan_id}/thumbnail/", f"/api/v1/analyses/{analysis.pk}/"):
        answer = home.get(path, HTTP_ACCEPT_ENCODING="gzip")
        assert answer.status_code == 200, path
        assert not answer.has_header("Content-Encoding"), path
    assert not home.get("/analyses/").has_header("Content-Encoding")  # to who does not ask for it
