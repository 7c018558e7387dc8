"""The structured part of a reading: what can be said of each disease, what contradicts a finding, and where it is read."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from inference import diseases
from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.reviews import services, structured
from portal.reviews.models import CriticalRule, Opinion, Review
from portal.reviews.services import ReviewError

READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}
Browse = Callable[[User | None], Client]


@pytest.fixture
def review(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return services.claim(review=answered(patient).review, practitioner=practitioner)  # type: ignore[attr-defined]


def checked(disease: str, finding: str, **details: Any) -> dict[str, Any]:
    return structured.checked(disease=disease, finding=finding, finding_words=finding, details=details)


def test_every_disease_has_a_form_and_what_it_names_is_in_the_catalogue() -> None:
    assert set(structured.FIELDS) == set(diseases.DISEASES)
    for disease, fields in structured.FIELDS.items():
        assert len({field.code for field in fields}) == len(fields)
        for field in fields:
            assert set(field.fits) <= set(diseases.get(disease).classes)
            assert len({choice.code for choice in field.choices}) == len(field.choices)
            assert all(set(choice.fits) <= set(diseases.get(disease).classes) for choice in field.choices)
            assert bool(field.choices) == (field.kind != structured.NUMBER)


def test_what_is_kept_is_in_the_order_of_the_form_and_nothing_is_empty() -> None:
    kept = checked("tuberculosis", "tuberculosis", pattern=["cavity", "consolidation"], location=[], activity="", also_seen=["fracture"])
    assert list(kept.items()) == [("pattern", ["consolidation", "cavity"]), ("also_seen", ["fracture"])]
    assert checked("skin_cancer", "benign", diameter_mm=6.04) == {"diameter_mm": 6.0}


@pytest.mark.parametrize(
    ("disease", "finding", "details"),
    [
        ("malaria", "parasitized", {"stage": ["egg"]}),
        ("malaria", "parasitized", {"stage": "ring"}),
        ("malaria", "parasitized", {"stage": [["ring"]]}),
        ("malaria", "parasitized", {"count": 2.5}),
        ("malaria", "parasitized", {"count": True}),
        ("malaria", "parasitized", {"count": "3"}),
        ("malaria", "parasitized", {"count": float("nan")}),
        ("malaria", "parasitized", {"count": -1}),
        ("malaria", "parasitized", {"colour": "red"}),
        ("skin_cancer", "benign", {"site": "front_wing"}),
        ("skin_cancer", "benign", {"site": {"a": 1}}),
        ("skin_cancer", "benign", {"diameter_mm": 1e9}),
    ],
)
def test_unknown_details_are_refused(disease: str, finding: str, details: dict[str, Any]) -> None:
    with pytest.raises(structured.DetailsRefused) as told:
        checked(disease, finding, **details)
    assert told.value.code == "unknown_detail"


@pytest.mark.parametrize(
    ("disease", "finding", "details"),
    [
        ("malaria", "uninfected", {"stage": ["ring"]}),
        ("malaria", "uninfected", {"count": 2}),
        ("malaria", "parasitized", {"count": 0}),
        ("tuberculosis", "normal", {"pattern": ["cavity"]}),
        ("covid19", "normal", {"side": "left"}),
        ("diabetic_retinopathy", "grade_0", {"oedema": "centre_involving"}),
        ("diabetic_retinopathy", "grade_1", {"signs": ["haemorrhages"]}),
        ("diabetic_retinopathy", "grade_3", {"signs": ["neovascularisation"]}),
    ],
)
def test_what_contradicts_the_finding_is_refused(disease: str, finding: str, details: dict[str, Any]) -> None:
    with pytest.raises(structured.DetailsRefused, match="does not go with the finding") as told:
        checked(disease, finding, **details)
    assert told.value.code == "details_contradict"
    kept = {name: value for name, value in details.items() if value != 0}
    assert checked(disease, "can_not_tell", **kept) == kept  # what was seen may be said where the picture can not tell


@pytest.mark.parametrize(
    ("disease", "finding", "details"),
    [
        ("malaria", "uninfected", {"count": 0}),
        ("tuberculosis", "normal", {"also_seen": ["enlarged_heart"]}),
        ("covid19", "other_pneumonia", {"pattern": ["consolidation"]}),
        ("diabetic_retinopathy", "grade_0", {"oedema": "absent", "eye": "left"}),
        ("diabetic_retinopathy", "grade_4", {"signs": ["neovascularisation"], "oedema": "centre_involving"}),
        ("skin_cancer", "benign", {"asymmetry": "none", "site": "back_upper"}),
    ],
)
def test_what_goes_with_the_finding_is_kept(disease: str, finding: str, details: dict[str, Any]) -> None:
    assert checked(disease, finding, **details) == details


def test_a_refused_detail_keeps_nothing_and_hides_the_answer_still(review: Review, practitioner: User) -> None:
    with pytest.raises(ReviewError) as told:
        services.record_reading(
            review=review, practitioner=practitioner, **{**READING, "finding": "uninfected"}, details={"stage": ["ring"]}
        )
    assert told.value.code == "details_contradict"
    review.refresh_from_db()
    assert (review.revealed_at, review.opinions.count()) == (None, 0)


@pytest.mark.parametrize(
    ("recommendation", "urgency", "advice"),
    [
        ("none", "", "Nothing more is needed for now."),
        ("visit", "", "See a practitioner, in the next days."),
        ("clinic", "", "Go to a clinic or a hospital, today."),
        ("test", "", "Have a further test, in the next weeks."),
        ("test", "urgent", "Have a further test, today."),
        ("clinic", "now", "Go to a clinic or a hospital, now, as an emergency."),
    ],
)
def test_how_soon_follows_the_recommendation_unless_it_is_said(
    review: Review, practitioner: User, recommendation: str, urgency: str, advice: str
) -> None:
    said = {**READING, "recommendation": recommendation, "urgency": urgency}
    assert services.record_reading(review=review, practitioner=practitioner, **said).advice == advice


def test_nothing_to_do_is_never_urgent(review: Review, practitioner: User) -> None:
    with pytest.raises(ReviewError) as told:
        services.record_reading(review=review, practitioner=practitioner, **{**READING, "recommendation": "none", "urgency": "soon"})
    assert told.value.code == "nothing_to_do"


def test_the_page_asks_for_the_details_and_the_patient_reads_them_in_plain_words(
    browse: Browse, review: Review, patient: User, practitioner: User
) -> None:
    room, desk = f"/reviews/{review.pk}/", browse(practitioner)
    page = desk.get(room).content.decode()
    assert "Trophozoite" in page
    assert "Parasites counted in the picture" in page
    said = {**READING, "recommendation": "clinic", "urgency": "now", "detail-stage": ["schizont", "ring"], "detail-count": "2"}
    refused = desk.post(f"{room}reading/", {**said, "finding": "uninfected"})
    assert refused.status_code == 400
    assert "does not go with the finding" in refused.content.decode()
    assert 'value="schizont"\n                 checked' in refused.content.decode()
    assert desk.post(f"{room}reading/", said).status_code == 302
    assert Opinion.objects.get().details == {"stage": ["ring", "schizont"], "count": 2}
    signing = desk.get(room).content.decode()
    assert 'value="schizont"\n                 checked' in signing  # the final opinion starts as the reading
    assert desk.post(f"{room}sign/", said).status_code == 302
    result = browse(patient).get(f"/analyses/{review.analysis_id}/").content.decode()
    assert "Go to a clinic or a hospital, now, as an emergency." in result
    assert "call your emergency number" in result
    assert "Stage of the parasite" in result
    assert "Ring, Schizont" in result


def test_details_of_the_skin_show_the_site_on_a_figure() -> None:
    from portal.reviews.templatetags.bodymap import SITES, body

    assert len(SITES) == 34
    front, back = body("front", "front_left_forearm"), body("back")
    assert front.count("<path") + back.count("<path") == 34
    assert front.count("chosen") == 1
    assert all(f'data-site="{site}"' in front + back for site in SITES)
    # a patient's right is on the left of the front view, and on the right of the back view
    assert front.index("front_right_hand") < front.index("translate(140 0)") < front.index("front_left_hand")
    assert back.index("back_left_hand") < back.index("translate(140 0)") < back.index("back_right_hand")


@pytest.mark.parametrize("disease", sorted(structured.FIELDS))
def test_every_choice_has_words_for_patients(disease: str) -> None:
    everything = {
        field.code: {structured.NUMBER: 3, structured.MANY: [choice.code for choice in field.choices]}.get(
            field.kind, field.choices[0].code if field.choices else None
        )
        for field in structured.fields_of(disease)
    }
    for plain in (True, False):
        words = structured.worded(disease, everything, plain)
        assert len(words) == len(everything)
        assert all(label and said and "_" not in label + said for label, said in words)


@pytest.mark.parametrize(("recommendation", "urgency", "told"), [("visit", "now", 1), ("clinic", "urgent", 1), ("clinic", "routine", 0)])
def test_how_soon_decides_whether_a_person_tells_the_patient(
    review: Review, practitioner: User, recommendation: str, urgency: str, told: int
) -> None:
    said = {**READING, "recommendation": recommendation, "urgency": urgency}
    services.record_reading(review=review, practitioner=practitioner, **said)
    services.sign(review=review, practitioner=practitioner, **said)
    assert review.notices.count() == told


def test_what_was_signed_before_the_split_keeps_its_words(review: Review, practitioner: User) -> None:
    services.record_reading(review=review, practitioner=practitioner, **READING)
    Opinion.objects.update(recommendation="urgent", urgency="")
    CriticalRule.objects.update(recommendation="urgent", urgency="")
    migration = import_module("portal.reviews.migrations.0003_structured_reading")
    migration.split(apps, None)
    assert Opinion.objects.get().advice == "Go to a clinic or a hospital, today."
    assert CriticalRule.objects.values_list("recommendation", "urgency").get() == ("", "urgent")
    migration.join(apps, None)
    assert (Opinion.objects.get().recommendation, CriticalRule.objects.get().recommendation) == ("urgent", "urgent")


def test_no_page_says_what_to_do_without_how_soon() -> None:
    """`advice` has both; the recommendation alone once lost "today" on the way to the person who has to tell the patient."""
    for template in (Path(__file__).parents[2] / "templates").rglob("*.html"):
        assert "get_recommendation_display" not in template.read_text(), template
