"""Model versions in the portal: where answers turn, who moves that, and what the model cards say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from inference import diseases, registry
from inference.engine import OperatingPoint
from portal.accounts.models import User
from portal.analyses import cards, services, versions, worker
from portal.analyses.models import Analysis, ModelVersion
from portal.analyses.points import implied
from portal.audit.models import AuditEvent
from tests.conftest import drawn_cell
from tests.portal.measured import metrics, sensitivity, specificity

STRICT = OperatingPoint(threshold=0.9999, low=0.9998, high=1.0)
CARD = f"/analyses/models/malaria/{registry.versions('malaria')[-1]}/"
POINT_PAGE = f"{CARD}operating-point/"


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


@pytest.fixture
def measured(malaria: ModelVersion) -> ModelVersion:
    """The malaria model with figures of the newer kind."""
    malaria.metrics = metrics(threshold=malaria.manifest["threshold"])
    malaria.save()
    return malaria


def test_new_pictures_are_answered_by_the_place_s_own_point_and_old_answers_keep_theirs(
    patient: User, administrator: User, malaria: ModelVersion
) -> None:
    old = services.submit(patient=patient, data=drawn_cell(1), disease="malaria").analysis
    worker.execute(str(old.pk), worker="test")
    versions.set_operating_point(version=malaria, by=administrator, point=STRICT, reason="Measured here")
    new = services.submit(patient=patient, data=drawn_cell(2), disease="malaria").analysis
    worker.execute(str(new.pk), worker="test")
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.finding, old.threshold) == ("parasitized", malaria.manifest["threshold"])
    assert [old.uncertain_low, old.uncertain_high] == malaria.manifest["uncertain"]
    assert (new.finding, new.outcome, new.threshold) == ("uninfected", "not_suspicious", STRICT.threshold)
    assert (new.uncertain_low, new.uncertain_high) == (STRICT.low, STRICT.high)
    assert new.probability >= malaria.manifest["threshold"]  # as shipped it would have been positive: the point alone turned it


def test_setting_and_resetting_are_audited_with_old_and_new_values(administrator: User, malaria: ModelVersion) -> None:
    shipped = {
        "threshold": malaria.manifest["threshold"],
        "low": malaria.manifest["uncertain"][0],
        "high": malaria.manifest["uncertain"][1],
    }
    own = {"threshold": 0.6, "low": 0.2, "high": 0.8}
    versions.set_operating_point(version=malaria, by=administrator, point=OperatingPoint(**own), reason=" Measured here ")
    versions.reset_operating_point(version=malaria, by=administrator)
    versions.reset_operating_point(version=malaria, by=administrator)
    set_event, reset_event = AuditEvent.objects.filter(action__startswith="model.operating_point").order_by("id")
    assert set_event.detail == {"old": shipped, "new": own, "reason": "Measured here"}
    assert reset_event.detail == {"old": own, "new": shipped}
    assert {set_event.actor, reset_event.actor} == {administrator}
    malaria.refresh_from_db()
    assert malaria.operating_point == malaria.shipped_point


@pytest.mark.parametrize(
    "changes",
    [
        {"own_low": 0.6},
        {"own_high": 0.4},
        {"own_low": -0.1},
        {"own_high": 1.1},
        {"own_threshold": None},
        {"own_reason": ""},
        {"own_set_by": None},
        {"own_set_at": None},
        {"own_low": None, "own_threshold": None, "own_high": None},
    ],
)
def test_the_database_refuses_an_operating_point_that_is_not_whole_or_out_of_order(
    changes: dict[str, Any], administrator: User, malaria: ModelVersion
) -> None:
    versions.set_operating_point(version=malaria, by=administrator, point=OperatingPoint(0.5, 0.2, 0.8), reason="Measured here")
    with pytest.raises(IntegrityError, match="operating_point_is_whole_and_in_order"), transaction.atomic():
        ModelVersion.objects.filter(pk=malaria.pk).update(**changes)


def test_an_administrator_sets_the_point_on_its_page_and_goes_back(browse: Any, administrator: User, measured: ModelVersion) -> None:
    desk = browse(administrator)
    assert "Back to the shipped values" not in words(desk.get(POINT_PAGE))
    done = desk.post(POINT_PAGE, {"low": "0.2", "threshold": "0.6", "high": "0.8", "reason": "Measured here on 400 cells"})
    assert done["Location"] == CARD
    measured.refresh_from_db()
    assert measured.operating_point == OperatingPoint(0.6, 0.2, 0.8)
    assert (measured.own_set_by, measured.own_reason) == (administrator, "Measured here on 400 cells")
    card = words(desk.get(CARD))
    assert "Measured here on 400 cells" in card
    assert f"sensitivity {sensitivity(0.6) * 100:.1f} %" in card
    assert "Back to the shipped values" in words(desk.get(POINT_PAGE))
    desk.post(f"{POINT_PAGE}reset/")
    measured.refresh_from_db()
    assert not measured.has_own_point


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": ""}, "This field is required"),
        ({"reason": "   "}, "This field is required"),
        ({"low": "0.7"}, "The three values must rise"),
        ({"high": "1.2"}, "less than or equal to 1"),
        ({"threshold": "nan"}, "Enter a number"),
    ],
)
def test_a_point_that_makes_no_sense_or_has_no_reason_is_refused(
    changes: dict[str, str], said: str, browse: Any, administrator: User, malaria: ModelVersion
) -> None:
    page = browse(administrator).post(POINT_PAGE, {"low": "0.2", "threshold": "0.6", "high": "0.8", "reason": "Measured here", **changes})
    assert page.status_code == 400
    assert said in words(page)
    malaria.refresh_from_db()
    assert not malaria.has_own_point


def test_a_moved_slider_shows_what_it_implies_and_keeps_nothing(browse: Any, administrator: User, measured: ModelVersion) -> None:
    asked = {"low": "0.25", "threshold": "0.505", "high": "0.8"}
    said = words(browse(administrator).get(f"{POINT_PAGE}implied/", asked))
    assert f"Sensitivity {sensitivity(0.505) * 100:.1f} %, specificity {specificity(0.505) * 100:.1f} %" in said
    assert "threshold 0.505" in said
    assert "must rise" in words(browse(administrator).get(f"{POINT_PAGE}implied/", {**asked, "low": "0.9"}))
    measured.refresh_from_db()
    assert not measured.has_own_point


def test_the_shares_of_the_three_answers_follow_from_the_band() -> None:
    found = implied(metrics(), OperatingPoint(threshold=0.5, low=0.2, high=0.8))
    assert found is not None
    assert (found.sensitivity, found.specificity) == pytest.approx((0.75, 0.75))
    suspicious, uncertain, not_suspicious = found.shares
    assert (suspicious.diseased, suspicious.healthy) == pytest.approx((0.36, 0.04))
    assert (uncertain.diseased, uncertain.healthy) == pytest.approx((0.6, 0.6))
    assert (not_suspicious.diseased, not_suspicious.healthy) == pytest.approx((0.04, 0.36))
    assert suspicious.everyone == pytest.approx(0.25 * 0.36 + 0.75 * 0.04)
    assert sum(share.everyone for share in found.shares) == pytest.approx(1)


def test_figures_that_were_not_measured_are_not_invented(browse: Any, administrator: User, malaria: ModelVersion) -> None:
    for name in ("operating_points", "calibration", "groups", "extra", "specificity_at_90_sensitivity"):
        malaria.metrics.pop(name, None)
    malaria.save()
    versions.set_operating_point(version=malaria, by=administrator, point=OperatingPoint(0.5, 0.2, 0.8), reason="Measured here")
    desk = browse(administrator)
    card = desk.get(CARD)
    assert "was not measured" in words(card)
    assert "neither its ROC curve nor its calibration curve" in words(card)
    assert "<figure" not in card.content.decode()
    assert "kept no table of operating points" in words(desk.get(POINT_PAGE))
    assert "sensitivity" not in words(desk.get("/analyses/new/malaria/"))


def test_the_disease_page_tells_the_figures_of_the_point_in_force(
    browse: Any, patient: User, administrator: User, measured: ModelVersion
) -> None:
    assert "accuracy 69.0 %, sensitivity 84.0 %" in words(browse(patient).get("/analyses/new/malaria/"))
    versions.set_operating_point(version=measured, by=administrator, point=OperatingPoint(0.6, 0.2, 0.8), reason="Measured here")
    page = words(browse(patient).get("/analyses/new/malaria/"))
    assert f"sensitivity {sensitivity(0.6) * 100:.1f} %, specificity {specificity(0.6) * 100:.1f} %" in page
    assert "accuracy" not in page


def test_the_model_card_says_use_data_figures_groups_and_limits(browse: Any, patient: User, measured: ModelVersion) -> None:
    page = browse(patient).get(CARD)
    said = words(page)
    for expected in (
        "in use",
        "decision support, not a diagnosis",
        measured.manifest["licence"],
        measured.manifest["known_limits"][0],
        "200 pictures of 120 patients",
        "every picture was answered once, by a model that had not seen its patient",
        "it could not be measured itself",
        "at a threshold set on the other parts",
        "0.770 to 0.880",
        "By source",
        "shenzhen",
        "By sex",
        "By age",
        "not measured",
        "AUC at another hospital",
        "0.771",
        "3 too_dark",
        "Specificity where sensitivity is 90 % 53.0 %",
    ):
        assert expected in said, expected
    assert page.content.decode().count('role="img"') == 2
    assert "Change the operating point" not in said
    assert "Not for commercial use" not in said


def test_the_model_card_tells_of_places_that_a_model_never_saw(browse: Any, patient: User, measured: ModelVersion) -> None:
    assert "In places that a model never saw" not in words(browse(patient).get(CARD))
    row = {"by": "place it never saw", "name": "dhaka", "images": 51, "patients": 40, "accuracy": 0.6, "sensitivity": 0.55}
    rows = [row | {"specificity": 0.613, "auc": 0.671, "auc_interval": [0.6, 0.74], "trained_on": 200}]
    measured.metrics = measured.metrics | {"left_out": {"date": "2026-11-25", "epochs": 9, "size": 160, "rows": rows}}
    measured.save()
    said = words(browse(patient).get(CARD))
    assert "In places that a model never saw" in said
    assert "9 rounds of training on pictures of 160 pixels" in said
    assert "dhaka 51 40 60.0 % 55.0 % 61.3 % 0.671 (0.600 to 0.740)" in said


def test_pictures_that_were_kept_together_by_lesion_are_not_called_patients(browse: Any, patient: User, malaria: ModelVersion) -> None:
    malaria.metrics = metrics(part="test", unit="lesions")
    malaria.manifest["commit"] = "0123456789abcdef+changes"
    malaria.save()
    said = words(browse(patient).get(CARD))
    assert "200 pictures of 120 lesions" in said
    assert "saw any of these lesions" in said
    assert "Pictures Lesions" in said
    assert "with changes that were not committed" in said
    assert "it could not be measured itself" not in said
    assert "200 pictures of 120 lesions" in words(browse(patient).get("/analyses/new/malaria/"))


@pytest.mark.parametrize(("licence", "shown"), [("CC BY-NC 4.0", True), ("CC BY 4.0", False), ("non-commercial research only", True)])
def test_a_non_commercial_licence_is_said_plainly(licence: str, shown: bool, browse: Any, patient: User, malaria: ModelVersion) -> None:
    malaria.manifest["licence"] = licence
    malaria.save()
    assert ("Not for commercial use." in words(browse(patient).get(CARD))) is shown
    assert ("forbids commercial use" in words(browse(patient).get("/analyses/new/malaria/"))) is shown


def test_result_disease_page_and_list_lead_to_the_card(browse: Any, patient: User, answered: Callable[..., Analysis]) -> None:
    client, analysis = browse(patient), answered(patient)
    for path in (f"/analyses/{analysis.pk}/", "/analyses/new/malaria/", "/analyses/models/"):
        assert f'href="{CARD}"' in client.get(path).content.decode(), path


def test_an_older_version_keeps_its_card(browse: Any, patient: User, administrator: User, malaria: ModelVersion) -> None:
    newer = ModelVersion.objects.create(disease="malaria", version="9.1.0", checksum="f" * 64, manifest=malaria.manifest, metrics={})
    versions.activate(version=newer, by=administrator)
    versions.retire(version=malaria, by=administrator)
    assert "retired" in words(browse(patient).get(CARD))
    assert f'href="{CARD}"' in browse(patient).get("/analyses/models/malaria/9.1.0/").content.decode()
    assert "has not been measured yet" in words(browse(patient).get("/analyses/models/malaria/9.1.0/"))
    assert browse(patient).get("/analyses/models/malaria/9.9.9/").status_code == 404


def test_figures_measured_anew_reach_the_portal_and_the_version_stays(malaria: ModelVersion) -> None:
    measured_on_disk = malaria.metrics
    ModelVersion.objects.filter(pk=malaria.pk).update(metrics={"accuracy": 0.5})
    assert versions.sync(["malaria"]) == []
    malaria.refresh_from_db()
    assert malaria.metrics == measured_on_disk
    assert AuditEvent.objects.filter(action="model.measured", target_id=str(malaria.pk)).count() == 1
    versions.sync()
    assert AuditEvent.objects.filter(action="model.measured").count() == 1


def test_a_version_that_a_newer_release_no_longer_carries_makes_way_for_the_newest(malaria: ModelVersion, administrator: User) -> None:
    gone = ModelVersion.objects.create(disease="malaria", version="0.0.1", checksum="f" * 64, manifest=malaria.manifest, metrics={})
    versions.activate(version=gone, by=administrator)
    versions.sync()
    gone.refresh_from_db()
    malaria.refresh_from_db()
    assert (gone.state, malaria.state) == ("retired", "active")
    assert AuditEvent.objects.filter(action="model.retired", target_id=str(gone.pk)).count() == 1


def test_what_waits_for_a_version_that_is_gone_is_answered_by_the_newest(
    patient: User, other_patient: User, malaria: ModelVersion, administrator: User
) -> None:
    gone = ModelVersion.objects.create(disease="malaria", version="0.0.1", checksum="f" * 64, manifest=malaria.manifest, metrics={})
    twice = services.submit(patient=other_patient, data=drawn_cell(1), disease="malaria").analysis
    versions.activate(version=gone, by=administrator)
    analysis = services.submit(patient=patient, data=drawn_cell(0), disease="malaria").analysis
    doomed = Analysis.objects.create(scan=twice.scan, patient=other_patient, disease="malaria", model_version=gone)
    versions.sync()
    worker.execute(str(analysis.pk), worker="test")
    analysis.refresh_from_db()
    assert (analysis.status, analysis.model_version, analysis.checksum) == ("done", malaria, malaria.checksum)
    [event] = AuditEvent.objects.filter(action="analysis.handed_over")
    assert (event.target_id, event.patient, event.detail) == (str(analysis.pk), patient, {"model_version": str(malaria)})
    doomed.refresh_from_db()
    assert doomed.model_version == gone  # the newest answers this scan already


def test_where_no_model_files_are_to_be_found_nothing_is_retired(
    malaria: ModelVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("inference.registry.ARTIFACTS", tmp_path)
    assert versions.sync(["malaria"]) == []
    malaria.refresh_from_db()
    assert malaria.state == "active"


def test_what_shipped_cards_say_in_words_is_listed_for_translators() -> None:
    listed = {*cards.KNOWN_LIMITS, *cards.UNITS, *cards.PARTS, *cards.GROUPS, *cards.NAMES, *cards.EXTRA}
    for code in diseases.DISEASES:
        artefact = registry.load(code, registry.versions(code)[-1])
        manifest, figures = artefact.manifest, artefact.metrics
        unit = figures.get("unit", "patients")
        groups = figures.get("groups", [])
        said = {*manifest.known_limits, unit, unit.capitalize(), *(part.capitalize() for part in manifest.training)}
        said |= {group["by"] for group in (*groups, *figures.get("left_out", {}).get("rows", []))}
        said |= {group["name"] for group in groups if group["by"] != "source"}  # sources are names of data sets
        said |= {extra["name"] for extra in figures.get("extra", [])}
        assert said <= listed, f"portal/analyses/cards.py lacks {said - listed}"
