"""Diseases with more than two findings: grades of retinopathy, and another pneumonia on a film that was taken for COVID-19."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from inference.engine import Answer, OperatingPoint
from portal.accounts.models import User
from portal.analyses import services
from portal.analyses.models import Analysis, ModelVersion
from portal.reviews import services as reviews
from portal.reviews.models import Review
from tests.conftest import drawn_cell, kept

POINT = OperatingPoint(threshold=0.5, low=0.3, high=0.7)
Answered = Callable[..., Analysis]


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


@pytest.fixture
def given(patient: User) -> Answered:
    """given(disease, {class: probability}): an analysis of `patient` that was answered so."""

    def make(disease: str, probabilities: dict[str, float]) -> Analysis:
        manifest = {"threshold": POINT.threshold, "uncertain": [POINT.low, POINT.high], "licence": "public"}
        version, _ = ModelVersion.objects.get_or_create(
            disease=disease, version="0.1.0", defaults={"checksum": "a" * 64, "manifest": manifest, "state": "active"}
        )
        positive = version.catalogue.positive
        probability = sum(probabilities[code] for code in positive)
        side = [code for code in probabilities if (code in positive) == (probability >= POINT.threshold)]
        answer = Answer(
            disease=disease,
            model_version=version.version,
            finding=max(side, key=lambda code: probabilities[code]),
            outcome=POINT.outcome(probability),
            probability=probability,
            probabilities=probabilities,
            threshold=POINT.threshold,
            checksum=version.checksum,
            heatmap=b"\x89PNG drawn for a test",
            seconds={"total": 0.1},
        )
        queued = services.submit(patient=patient, data=drawn_cell(len(Analysis.objects.all())), disease=disease).analysis
        [claimed] = services.claim(str(queued.pk), worker="test")
        assert kept(claimed, answer)
        return Analysis.objects.get(pk=queued.pk)

    return make


def grades(*probabilities: float) -> dict[str, float]:
    return {f"grade_{number}": probability for number, probability in enumerate(probabilities)}


def covid(normal: float, covid19: float, other: float) -> dict[str, float]:
    return {"normal": normal, "covid19": covid19, "other_pneumonia": other}


def test_another_pneumonia_is_told_and_sent_to_a_clinic_though_not_suspicious(browse: Any, patient: User, given: Answered) -> None:
    analysis = given("covid19", covid(0.1, 0.1, 0.8))
    assert (analysis.outcome, analysis.finding) == ("not_suspicious", "other_pneumonia")
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert "The model sees signs of another kind of pneumonia. It does not find the picture suspicious for COVID-19." in page
    assert "See a clinic today" in page
    assert "finds nothing suspicious" not in page
    assert "A normal film" not in page
    assert "it sees signs of another kind of pneumonia" in words(browse(patient).get("/analyses/"))


def test_a_normal_film_is_not_sent_to_a_clinic_today(browse: Any, patient: User, given: Answered) -> None:
    analysis = given("covid19", covid(0.9, 0.05, 0.05))
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert "finds nothing suspicious for COVID-19" in page
    assert "A normal film does not exclude COVID-19" in page
    assert "See a clinic today" not in page
    assert "it sees" not in words(browse(patient).get("/analyses/"))


def test_an_uncertain_film_that_leans_to_another_pneumonia_says_so(browse: Any, patient: User, given: Answered) -> None:
    analysis = given("covid19", covid(0.1, 0.4, 0.5))
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert "can not tell from this picture" in page
    assert "It leans towards: signs of another kind of pneumonia." in page
    assert "See a clinic today" in page


def test_an_uncertain_film_leans_to_what_is_likelier_though_its_threshold_is_higher(browse: Any, patient: User, given: Answered) -> None:
    """With a threshold of 0.73, 68 of 100 is no positive finding; the words still lean to where the 68 dots are."""
    analysis = given("covid19", covid(0.12, 0.68, 0.2))
    analysis.finding, analysis.outcome = "other_pneumonia", "uncertain"
    analysis.save()
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert "can not tell from this picture" in page
    assert "about 68 show COVID-19" in page
    assert "It leans towards: a pattern that fits COVID-19 pneumonia." in page
    assert "It is not the pattern of COVID-19" not in page


def test_another_pneumonia_is_read_sooner_than_a_normal_film(given: Answered) -> None:
    normal, other = given("covid19", covid(0.9, 0.05, 0.05)), given("covid19", covid(0.1, 0.1, 0.8))
    assert normal.review.urgency == Review.Urgency.ROUTINE  # type: ignore[attr-defined]
    assert other.review.urgency == Review.Urgency.SOON  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("probabilities", "said", "not_said"),
    [
        (grades(0.9, 0.06, 0.02, 0.01, 0.01), "finds nothing suspicious for diabetic retinopathy in this picture", "The model sees"),
        (grades(0.2, 0.7, 0.06, 0.02, 0.02), "The model sees mild diabetic retinopathy. It does not find", "nothing suspicious"),
        (grades(0.05, 0.05, 0.6, 0.2, 0.1), "It leans towards: moderate diabetic retinopathy.", "within two weeks"),
        (grades(0.05, 0.05, 0.1, 0.2, 0.6), "Have both eyes examined by an eye practitioner within two weeks", "within a month"),
        (grades(0.3, 0.25, 0.3, 0.1, 0.05), "can not tell from this picture", "nothing suspicious"),
    ],
)
def test_a_grade_is_said_with_what_it_means(
    probabilities: dict[str, float], said: str, not_said: str, browse: Any, patient: User, given: Answered
) -> None:
    analysis = given("diabetic_retinopathy", probabilities)
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert said in page
    assert not_said not in page
    assert analysis.next_step in page


def test_the_icon_array_counts_what_the_probability_is_of(browse: Any, patient: User, given: Answered) -> None:
    analysis = given("diabetic_retinopathy", grades(0.05, 0.07, 0.5, 0.2, 0.18))
    assert "about 88 show diabetic retinopathy that an eye practitioner should see." in words(
        browse(patient).get(f"/analyses/{analysis.pk}/")
    )


def test_details_tell_the_probability_of_each_grade(browse: Any, patient: User, given: Answered) -> None:
    analysis = given("diabetic_retinopathy", grades(0.05, 0.07, 0.5, 0.2, 0.18))
    page = words(browse(patient).get(f"/analyses/{analysis.pk}/"))
    assert "5.0 % no sign of diabetic retinopathy" in page
    assert "50.0 % moderate diabetic retinopathy" in page


def test_the_practitioner_grades_and_then_sees_every_grade_of_the_model(
    browse: Any, patient: User, practitioner: User, given: Answered
) -> None:
    review = given("diabetic_retinopathy", grades(0.05, 0.07, 0.5, 0.2, 0.18)).review  # type: ignore[attr-defined]
    client = browse(practitioner)
    client.post(f"/reviews/{review.pk}/claim/")
    form = client.get(f"/reviews/{review.pk}/").content.decode()
    assert re.findall(r'name="finding"\s+value="(\w+)"', form) == [*(f"grade_{n}" for n in range(5)), "can_not_tell"]
    assert "50.0 %" not in form
    reading = {"finding": "grade_3", "confidence": "high", "recommendation": "visit"}
    page = words(client.post(f"/reviews/{review.pk}/reading/", reading, follow=True))
    assert "Suspicious: moderate diabetic retinopathy" in page
    assert "20.0 % severe diabetic retinopathy" in page


def test_the_practitioner_sees_an_uncertain_answer_lean_to_what_is_likelier(
    browse: Any, patient: User, practitioner: User, given: Answered
) -> None:
    analysis = given("covid19", covid(0.12, 0.68, 0.2))
    analysis.finding, analysis.outcome = "other_pneumonia", "uncertain"  # as with a threshold of 0.73
    analysis.save()
    client, review = browse(practitioner), analysis.review  # type: ignore[attr-defined]
    client.post(f"/reviews/{review.pk}/claim/")
    reading = {"finding": "covid19", "confidence": "high", "recommendation": "visit"}
    page = words(client.post(f"/reviews/{review.pk}/reading/", reading, follow=True))
    assert "leans towards: a pattern that fits COVID-19 pneumonia" in page


@pytest.mark.parametrize(("opinion", "differs"), [("other_pneumonia", False), ("normal", True), ("covid19", True), ("can_not_tell", False)])
def test_the_patient_is_told_when_the_practitioner_finds_something_else(
    opinion: str, differs: bool, browse: Any, patient: User, practitioner: User, given: Answered
) -> None:
    analysis = given("covid19", covid(0.1, 0.1, 0.8))
    reading = {"finding": opinion, "confidence": "high", "recommendation": "visit"}
    review = reviews.claim(review=analysis.review, practitioner=practitioner)  # type: ignore[attr-defined]
    reviews.record_reading(review=review, practitioner=practitioner, **reading)
    reviews.sign(review=review, practitioner=practitioner, **reading)
    assert ("The model answered otherwise" in words(browse(patient).get(f"/analyses/{analysis.pk}/"))) is differs


def test_the_api_gives_the_words_of_the_finding(api: Any, patient: User, given: Answered) -> None:
    body = api(patient).get(f"/api/v1/analyses/{given('covid19', covid(0.1, 0.1, 0.8)).pk}/").json()
    assert body["finding_words"] == "signs of another kind of pneumonia"
    assert body["next_steps"].startswith("See a clinic today")
    assert (body["uncertain_low"], body["threshold"], body["uncertain_high"]) == (0.3, 0.5, 0.7)


@pytest.mark.parametrize(
    ("code", "headline", "button"),
    [
        ("wrong_modality", "This does not look like a chest X-ray.", "Choose another picture"),
        ("too_dark", "This picture could not be read.", "Take it again"),
    ],
)
def test_a_refused_picture_says_why_how_to_do_better_and_where_to_try_again(
    code: str, headline: str, button: str, browse: Any, patient: User, given: Answered
) -> None:
    analysis = given("covid19", covid(0.9, 0.05, 0.05))
    again = services.submit(patient=patient, data=drawn_cell(77), disease="covid19").analysis
    [claimed] = services.claim(str(again.pk), worker="test")
    services.record_rejected(claimed, code=code, message="What is wrong with it, in a sentence.")
    response = browse(patient).get(f"/analyses/{again.pk}/")
    page = words(response)
    for expected in (headline, "What is wrong with it, in a sentence.", *analysis.catalogue.how_to, button):
        assert expected in page
    assert 'href="/analyses/new/covid19/"' in response.content.decode()
    assert ("Tests for other pictures" in page) is (code == "wrong_modality")
