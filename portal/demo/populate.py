"""A portal that has been in use for two years: so many scans, with the people, answers, readings, news and audit that come with them.

Every row is as the services leave it and passes the database's constraints; the pictures are drawn ones, one a disease, which all the rows
of that disease share.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

import samples
from portal.accounts.models import Consent, ConsentText, PatientProfile, PractitionerProfile, Role, Sex, User, Verification
from portal.analyses.models import Analysis, ModelVersion
from portal.audit import marks
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from portal.reviews.models import Opinion, Review
from portal.scans import services as scans
from portal.scans.models import Scan

from .bulk import Table, at, key
from .services import NotForProduction

DAYS = 730
CHUNK = 20_000
SCANS_A_PATIENT = 20
PRACTITIONERS = 50
OPEN = 2000  # scans that wait to be read, however many there are: the latest
OF_ONE = 200  # scans of the first patient, and so of the one whom a measurement signs in as
READ, REJECTED, FAILED = 0.8, 0.03, 0.01  # shares of what is not open


@dataclass(frozen=True)
class Made:
    patients: int
    scans: int


@dataclass(frozen=True)
class Kind:
    """What all scans of a disease share: its model, the drawn picture, the rows to copy."""

    version: ModelVersion
    scan: Table
    analysis: Table


def populate(*, count: int, seed: int = 0, progress: Callable[[int], Any] = lambda _: None) -> Made:
    """Add `count` scans. Raises NotForProduction where DEBUG is off, LookupError where no model is in use or nobody can be asked."""
    if not settings.DEBUG:
        raise NotForProduction
    drawn = random.Random(f"{seed} after {Scan.objects.count()}")  # noqa: S311  (others than those of an earlier run, and no secret)
    text = ConsentText.current()
    versions = list(ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE))
    administrator = User.objects.filter(role=Role.ADMINISTRATOR).order_by("pk").first()
    if not versions or text is None or administrator is None:
        raise LookupError("models, consent text and administrator have to be there first: manage.py migrate, sync_models, seed_demo")
    readers = _practitioners(administrator)
    patients = _patients(count, drawn, text)
    now = timezone.now()
    kinds = [_kind(version, patients[0]) for version in versions]
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        with transaction.atomic():
            _add([_case(number, count, now, drawn, kinds, patients, readers) for number in numbers])
        progress(len(numbers))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Made(len(patients), count)


def _practitioners(administrator: User) -> list[int]:
    verified = PractitionerProfile.objects.filter(verification=Verification.VERIFIED)
    missing = range(verified.count(), PRACTITIONERS)
    made = User.objects.bulk_create(_person(f"reader-{uuid.uuid4().hex}", f"Dr Reader {number}", Role.PRACTITIONER) for number in missing)
    PractitionerProfile.objects.bulk_create(
        PractitionerProfile(
            user=user,
            registration_number=f"P-{user.pk}",
            speciality="Radiology",
            country="India",
            verification=Verification.VERIFIED,
            verified_by=administrator,
            verified_at=timezone.now(),
        )
        for user in made
    )
    return list(verified.order_by("pk").values_list("user", flat=True))


def _patients(count: int, drawn: random.Random, text: ConsentText) -> list[int]:
    """The first is the first patient that the portal has, if it has any."""
    known = User.objects.filter(role=Role.PATIENT).order_by("pk").first()
    names = range(max(1, count // SCANS_A_PATIENT))
    made = User.objects.bulk_create(
        (_person(f"patient-{uuid.uuid4().hex}", f"Patient {number}", Role.PATIENT) for number in names), batch_size=2000
    )
    born = date(1990, 1, 1)
    PatientProfile.objects.bulk_create(
        (
            PatientProfile(user=user, birth_date=born + timedelta(days=drawn.randrange(-15_000, 4000)), sex=drawn.choice(Sex.values))
            for user in made
        ),
        batch_size=2000,
    )
    Consent.objects.bulk_create((Consent(user=user, text=text) for user in made), batch_size=2000)
    return [*([known.pk] if known else []), *(user.pk for user in made)]


def _person(address: str, name: str, role: str) -> User:
    person = User(email=f"{address}@example.org", name=name, role=role)
    person.set_unusable_password()
    return person


def _kind(version: ModelVersion, patient: int) -> Kind:
    """Its picture is drawn and stored as any other is."""
    disease = version.catalogue
    prepared = scans.prepare(samples.paths(disease.code)[0].read_bytes())
    with transaction.atomic():
        kept, _new = scans.store(patient=User.objects.get(pk=patient), prepared=prepared, synthetic=True)
    analysis = Analysis(
        patient_id=patient, scan=kept, disease=disease.code, model_version=version, checksum=version.checksum, wants_review=True, attempt=1
    )
    analysis.heatmap.save("", ContentFile(b""), save=False)
    point = version.operating_point
    analysis.threshold, analysis.uncertain_low, analysis.uncertain_high = point.threshold, point.low, point.high
    analysis.seconds = {"total": 0.1}
    like = Scan.objects.get(pk=kept.pk)
    return Kind(version, Table(like), Table(analysis))


@dataclass(frozen=True)
class Case:
    """One scan and what became of it, each as the values of its row. `review` is None where nobody is asked to read."""

    kind: Kind
    scan: dict[str, Any]
    analysis: dict[str, Any]
    review: dict[str, Any] | None
    opinions: list[dict[str, Any]]


def _case(number: int, count: int, now: datetime, drawn: random.Random, kinds: list[Kind], patients: list[int], readers: list[int]) -> Case:
    kind = kinds[number % len(kinds)]
    disease, point = kind.version.catalogue, kind.version.operating_point
    moment = now - timedelta(days=DAYS) * (1 - (number + drawn.random()) / count)
    sent, answered = at(moment), at(moment + timedelta(seconds=2))
    of_one = number % max(1, count // OF_ONE) == 0
    patient = patients[0] if of_one else drawn.choice(patients)
    scan, analysis = _id(drawn), _id(drawn)
    scan_row = {"id": key(scan), "patient_id": patient, "source_sha256": f"{drawn.getrandbits(256):064x}", "uploaded_at": sent}
    times = {"queued_at": sent, "sent_at": sent, "started_at": sent, "heartbeat_at": sent, "finished_at": answered}
    row = {"id": key(analysis), "scan_id": key(scan), "patient_id": patient, **times}
    fate = drawn.random()
    if number < count - OPEN and fate < REJECTED + FAILED:
        status = Analysis.Status.REJECTED if fate < REJECTED else Analysis.Status.FAILED
        none = {"threshold": None, "uncertain_low": None, "uncertain_high": None, "checksum": "", "heatmap": "", "seconds": "{}"}
        return Case(kind, scan_row, {**row, **none, "status": status, "error_code": "too_dark", "error_message": "Too dark."}, None, [])
    probability = round(drawn.betavariate(0.6, 1.8), 4)
    positive = probability >= point.threshold
    uncertain = point.low <= probability < point.high
    outcome = Analysis.Outcome.UNCERTAIN if uncertain else (Analysis.Outcome.SUSPICIOUS if positive else Analysis.Outcome.NOT_SUSPICIOUS)
    finding = disease.positive[0] if positive else disease.healthy
    shares = f'{{"{disease.healthy}": {1 - probability:.4f}, "{disease.positive[0]}": {probability}}}'
    row |= {"status": Analysis.Status.DONE, "finding": finding, "outcome": outcome, "probability": probability, "probabilities": shares}
    if number < count - OPEN and fate > READ:
        return Case(kind, scan_row, {**row, "wants_review": False}, None, [])
    opened = {"opened_at": sent, "asked_at": sent, "due_at": at(moment + timedelta(days=2))}
    review = {"id": key(_id(drawn)), "analysis_id": key(analysis), "patient_id": patient, "urgency": drawn.choice(Review.Urgency.values)}
    review |= opened
    if number >= count - OPEN:
        return Case(kind, scan_row, row, {**review, "status": Review.Status.WAITING}, [])
    reader, signed = drawn.choice(readers), at(moment + timedelta(hours=5))
    review |= {"status": Review.Status.SIGNED, "practitioner_id": reader, "claimed_at": sent, "revealed_at": signed, "signed_at": signed}
    said = finding if drawn.random() < 0.9 else disease.healthy
    opinion = {"review_id": review["id"], "practitioner_id": reader, "finding": said, "recorded_at": signed}
    return Case(kind, scan_row, row, review, [{**opinion, "stage": stage} for stage in Opinion.Stage.values])


def _id(drawn: random.Random) -> uuid.UUID:
    return uuid.UUID(int=drawn.getrandbits(128), version=4)


def _hyphened(kept: str) -> str:
    """The id as it is told, whatever the database keeps."""
    return str(uuid.UUID(kept))


def _add(cases: list[Case]) -> None:
    for kind in {id(case.kind): case.kind for case in cases}.values():
        mine = [case for case in cases if case.kind is kind]
        kind.scan.add(case.scan for case in mine)
        kind.analysis.add(case.analysis for case in mine)
    asked = [case.review for case in cases if case.review]
    Table(Review(due_at=timezone.now())).add(asked)
    opinion = Opinion(confidence=Opinion.Confidence.HIGH, recommendation=Opinion.Recommendation.NONE)
    Table(opinion).add(said for case in cases for said in case.opinions)
    Table(Notification(in_portal=True)).add(_news(cases))
    Table(AuditEvent()).add(map(_marked, _events(cases)))


def _news(cases: list[Case]) -> Iterator[dict[str, Any]]:
    for case in cases:
        row, review = case.analysis, case.review
        subject = _hyphened(row["id"])
        told = {"user_id": row["patient_id"], "url": f"/analyses/{subject}/", "created_at": row["finished_at"]}
        kind = {"done": "analysis_done", "rejected": "analysis_rejected", "failed": "analysis_failed"}[row["status"]]
        old = {"read_at": row["finished_at"]} if review is None or review["status"] == Review.Status.SIGNED else {}
        yield {**told, **old, "kind": kind, "subject_id": subject}
        if review and review["status"] == Review.Status.SIGNED:
            yield {**told, **old, "kind": "review_signed", "subject_id": _hyphened(review["id"]), "created_at": review["signed_at"]}


def _events(cases: list[Case]) -> Iterator[dict[str, Any]]:
    for case in cases:
        row, patient = case.analysis, case.analysis["patient_id"]
        about = {"patient_id": patient, "target_type": "analyses.analysis", "target_id": _hyphened(row["id"])}
        yield {**about, "at": row["queued_at"], "actor_id": patient, "action": "analysis.submitted"}
        yield {**about, "at": row["finished_at"], "action": f"analysis.{row['status']}"}
        if case.opinions:
            reader = case.opinions[0]["practitioner_id"]
            yield {**about, "at": row["finished_at"], "actor_id": reader, "action": "analysis.read"}


def _marked(row: dict[str, Any]) -> dict[str, Any]:
    event = AuditEvent(**{**row, "at": datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)})
    return {**row, "mark": marks.mark(event)}
