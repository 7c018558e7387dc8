"""A row in every table of ours, in any state that the database was ever in: what a state does not know yet is left out.

The rows are made with the models as they were then, so what is checked is what the database itself checks.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

THEN = datetime(2026, 11, 1, 9, 30, 15, 123456, tzinfo=UTC)
DUE = THEN + timedelta(days=2)
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Cast:
    """Makes rows with the models of a state."""

    def __init__(self, apps: Any) -> None:
        self.apps = apps

    def has(self, label: str, field: str = "") -> bool:
        try:
            model = self.apps.get_model(label)
        except LookupError:
            return False
        return not field or field in {known.name for known in model._meta.get_fields()}

    def make(self, label: str, **values: Any) -> Any:
        """The row, or None where there is no such table yet."""
        if not self.has(label):
            return None
        return self.apps.get_model(label).objects.create(**{name: value for name, value in values.items() if self.has(label, name)})


def fill(apps: Any) -> None:
    cast = Cast(apps)
    people = {
        role: cast.make(
            "accounts.User", email=f"{name}@example.org", name=name.title(), role=role, is_staff=role == "administrator", language="hi"
        )
        for name, role in (("asha", "administrator"), ("ravi", "practitioner"), ("mina", "patient"))
    }
    scans = _patient(cast, people)
    analyses = _analyses(cast, people, scans)
    _readings(cast, people, analyses)
    _news(cast, people, analyses[0])


def _patient(cast: Cast, people: dict[str, Any]) -> list[Any]:
    asha, ravi, mina = people.values()
    cast.make("accounts.PatientProfile", user=mina, birth_date=date(1980, 2, 29), sex="female", country="India")
    standing = {"verification": "verified", "verified_by": asha, "verified_at": THEN}
    profile = cast.make(
        "accounts.PractitionerProfile", user=ravi, registration_number="MCI 1", speciality="Radiology", country="India", **standing
    )
    cast.make("accounts.PractitionerDocument", profile=profile, title="Licence", extension="pdf", file="documents/a.pdf", sha256=SHA)
    text = cast.apps.get_model("accounts.ConsentText").objects.get(version=1)
    for person in people.values():
        cast.make("accounts.Consent", user=person, text=text, language="hi")
    child = cast.make("accounts.Dependant", guardian=mina, name="Tara", birth_date=date(2020, 5, 5), sex="female", relationship="parent")
    for scope, letter in (("read", "d"), ("all", "e")):
        token = cast.make("knox.AuthToken", digest=letter * 128, token_key=letter * 15, user=mina)  # a hash of nothing
        cast.make("accounts.ApiToken", token=token, name="script", scope=scope)
    picture = {
        "patient": mina,
        "file": "scans/a.png",
        "thumbnail": "thumbnails/a.png",
        "format": "PNG",
        "width": 130,
        "height": 120,
        "size": 9000,
    }
    picture |= {"sha256": SHA, "thumbnail_sha256": SHA, "synthetic": True}
    scans = [
        cast.make("scans.Scan", source_sha256=f"{number:064x}", laterality="L", dependant=child if number else None, **picture)
        for number in range(3)
    ]
    cast.make("scans.Upload", owner=mina, file="uploads/b", length=2000, offset=1000, sha256=SHA)
    return scans


def _analyses(cast: Cast, people: dict[str, Any], scans: list[Any]) -> list[Any]:
    asha, _, mina = people.values()
    own = {"own_threshold": 0.5, "own_low": 0.4, "own_high": 0.6, "own_reason": "Our films.", "own_set_by": asha, "own_set_at": THEN}
    version = cast.make(
        "analyses.ModelVersion", disease="malaria", version="0.0.1", checksum=SHA, manifest={"classes": ["a"]}, metrics={"auc": 0.98}, **own
    )
    about = {"patient": mina, "disease": "malaria", "model_version": version, "symptoms": ["fever"], "attempt": 1, "worker": "inference@a"}
    about |= {"sent_at": THEN, "started_at": THEN, "heartbeat_at": THEN, "finished_at": THEN, "in_bulk": True}
    answer = {"status": "done", "finding": "parasitized", "outcome": "suspicious", "probability": 0.97, "threshold": 0.5, "checksum": SHA}
    answer |= {"probabilities": {"parasitized": 0.97}, "uncertain_low": 0.4, "uncertain_high": 0.6, "seconds": {"total": 0.1}}
    answer |= {"heatmap": "heatmaps/a.png", "heatmap_sha256": SHA}
    refused = {"error_code": "too_dark", "error_message": "Too dark: 3.", "error_template": "Too dark: %(n)s.", "error_params": {"n": 3}}
    done = [cast.make("analyses.Analysis", scan=scan, **about, **answer) for scan in scans[:2]]
    cast.make("analyses.Analysis", scan=scans[2], status="rejected", **about, **refused)
    cast.make("analyses.IdempotencyKey", user=mina, key="k", fingerprint=SHA, analysis=done[0])
    return done


def _readings(cast: Cast, people: dict[str, Any], analyses: list[Any]) -> None:
    asha, ravi, mina = people.values()
    asked = {"patient": mina, "urgency": 2, "due_at": DUE, "asked_at": THEN, "role": "first", "wanted_speciality": "Pathology"}
    cast.make("reviews.Review", analysis=analyses[1], status="waiting", **asked)
    read = {
        "practitioner": ravi,
        "claimed_at": THEN,
        "claim_expires_at": DUE,
        "revealed_at": THEN,
        "signed_at": THEN,
        "overdue_told_at": THEN,
    }
    review = cast.make("reviews.Review", analysis=analyses[0], status="signed", **asked, **read)
    # "today" was a recommendation, before it became an urgency
    urgent = {"recommendation": "clinic", "urgency": "urgent"} if cast.has("reviews.Opinion", "urgency") else {"recommendation": "urgent"}
    said = {
        "review": review,
        "practitioner": ravi,
        "finding": "parasitized",
        "confidence": "high",
        "notes": "Rings.",
        "role": "first",
        **urgent,
    }
    said |= {"details": {"density": "high"}, "measurements": {"lines": []}, "version": 1, "amend_reason": ""}
    cast.make("reviews.Opinion", stage="independent", **said)
    final = cast.make("reviews.Opinion", stage="final", **said)
    cast.make("reviews.Addendum", review=review, author=ravi, text="Seen again.")
    cast.make("reviews.Draft", review=review, practitioner=ravi, stage="final", said={"notes": "."})
    cast.make("reviews.ReadingTemplate", practitioner=ravi, disease="malaria", name="Clear", said={"notes": "Clear."})
    cast.make("reviews.Referral", review=review, role="first", referred_by=ravi, referred_to=asha, reason="A second look.")
    cast.make("reviews.ReadingPolicy", disease="malaria", urgency=1, mode="double")
    cast.make("reviews.CriticalNotice", opinion=final, practitioner=ravi, review=review, due_at=DUE)
    cast.make("reviews.SavedFilter", user=ravi, name="Mine", query="view=mine")
    cast.make("reviews.UrgencyFlag", review=review, practitioner=ravi, urgency=1, reason="Collapsed.", set_at=THEN)
    question = cast.make("questions.Question", review=review, patient=mina, waiting_since=THEN)
    message = cast.make("questions.Message", question=question, author=mina, text="Is it serious?")
    cast.make("questions.Seen", question=question, user=mina, message=message)


def _news(cast: Cast, people: dict[str, Any], analysis: Any) -> None:
    _, ravi, mina = people.values()
    told = {"user": mina, "kind": "analysis_done", "subject_id": str(analysis.pk), "url": f"/analyses/{analysis.pk}/", "in_portal": True}
    cast.make("notifications.Notification", by_mail=True, **told)
    cast.make("notifications.Preference", user=mina, kind="addendum", portal=True, email=False)
    cast.make("notifications.DigestTime", user=ravi, hour=7, time_zone="Asia/Kolkata")
    about = {"target_type": "analyses.analysis", "target_id": str(analysis.pk), "patient": mina, "actor": mina}
    event = cast.make(
        "audit.AuditEvent", action="analysis.submitted", address="192.0.2.7", request_id="r-1", detail={"size": 9000}, **about
    )
    cast.make("audit.Seal", number=1, event_id=event.pk, sealed_at=THEN, hash=SHA)
    cast.make("figures.Counted", pk=1, counted_at=THEN, signed=[["ravi", "malaria", 1]])
    cast.make("records.Erasure", user=mina, kind="account", due_at=DUE, keep_years=10)
