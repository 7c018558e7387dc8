"""Who sees what, asked row by row and gathered, is what the rule says in its plainest form: the same rows in random portals."""

import random
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

import pytest
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull
from django.utils import timezone

from inference import diseases
from portal.accounts.models import Dependant, Role, User, Verification
from portal.analyses.models import Analysis, ModelVersion
from portal.api import pagination
from portal.questions.models import Question
from portal.reviews.models import Opinion, Referral, Review
from portal.scans.models import Scan
from tests.conftest import analyze, person, verified

LATER, EARLIER = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(hours=1)


@pytest.fixture
def crowd(all_six: None, administrator: User) -> tuple[list[User], list[User]]:
    """Patients, two of whom look after a child, and practitioners: three who read, one who has left, one who is not verified; a
    practitioner is a patient too."""
    readers = [verified(f"reader-{number}@example.org", administrator) for number in range(4)]
    User.objects.filter(pk=readers[3].pk).update(is_active=False)
    readers.append(person("waits@example.org", Role.PRACTITIONER))
    return [person(f"patient-{number}@example.org", Role.PATIENT) for number in range(3)] + readers[:1], readers


def portal(seed: int, patients: list[User], readers: list[User]) -> None:
    drawn, now = random.Random(seed), timezone.now()
    children = [Dependant.objects.create(guardian=guardian, name="C", birth_date=now.date(), sex="female") for guardian in patients[:2]]
    versions = list(ModelVersion.objects.all())
    for number in range(40):
        patient = drawn.choice(patients)
        child = drawn.choice([None, None, *(child for child in children if child.guardian_id == patient.pk)])
        facts = {"file": "x", "thumbnail": "x", "format": "PNG", "width": 1, "height": 1, "size": 1, "sha256": ""}
        scan = Scan.objects.create(patient=patient, dependant=child, source_sha256=f"{number}", **facts)
        Scan.objects.filter(pk=scan.pk).update(uploaded_at=now - timedelta(days=drawn.randrange(12), seconds=number))
        for version in drawn.sample(versions, drawn.choice([1, 1, 2])):
            result = {"finding": "x", "outcome": "uncertain", "probability": 0.5, "threshold": 0.5, "finished_at": now, "status": "done"}
            analysis = Analysis.objects.create(scan=scan, patient=patient, disease=version.disease, model_version=version, **result)
            if drawn.random() < 0.85:
                _review(drawn, analysis, readers)
    analyze()


def _review(drawn: random.Random, analysis: Analysis, readers: list[User]) -> None:
    others = [reader for reader in readers if reader.pk != analysis.patient_id]
    status, holder = drawn.choice(["waiting", "claimed", "claimed", "signed", "signed", "declined"]), drawn.choice(others)
    facts: dict[str, Any] = {"due_at": LATER, "role": drawn.choice(["first", "second"])}
    if status in ("claimed", "signed"):
        revealed = EARLIER if status == "signed" else drawn.choice([None, EARLIER])
        facts |= {"practitioner": holder, "claim_expires_at": drawn.choice([LATER, EARLIER]), "revealed_at": revealed}
    if status == "signed":
        facts["signed_at"] = EARLIER
    review = Review.objects.create(analysis=analysis, patient=analysis.patient, status=status, **facts)
    said = {"review": review, "finding": "x", "confidence": "high", "recommendation": "none"}
    for role, reader in zip(("first", "second"), drawn.sample(others, drawn.choice([0, 1, 2])), strict=False):
        for stage in drawn.choice([["independent"], ["final"], ["independent", "final"]]):
            Opinion.objects.create(**said, practitioner=reader, stage=stage, role=role)
    if drawn.random() < 0.3:
        one, other = drawn.sample(others, 2)
        Referral.objects.create(review=review, role=drawn.choice(["first", "second"]), referred_by=one, referred_to=other, reason="x")
    if drawn.random() < 0.3:
        closed = {"closed_at": EARLIER, "closed_by": analysis.patient} if drawn.random() < 0.3 else {}
        Question.objects.create(review=review, patient=analysis.patient, **closed)


def scans_seen(user: User) -> QuerySet:
    """All the joins at once: plain, and as slow as the portal is large."""
    review = "analyses__review__"
    free = Q(**{f"{review}status": "waiting"}) | Q(**{f"{review}status": "claimed", f"{review}claim_expires_at__lte": timezone.now()})
    theirs = Q(**{f"{review}practitioner": user, f"{review}status__in": ["claimed", "signed"]})
    signed = Q(**{f"{review}opinions__practitioner": user, f"{review}opinions__stage": "final"})
    holds = Q(**{f"{review}status": "claimed", f"{review}claim_expires_at__gt": timezone.now(), f"{review}practitioner": user})
    same_person = Q(dependant=OuterRef("dependant")) | (Q(dependant__isnull=True) & Q(IsNull(OuterRef("dependant"), True)))
    compared = Q()
    for modality in diseases.MODALITIES:
        of_the_kind = Q(analyses__disease__in=[d.code for d in diseases.DISEASES.values() if d.modality == modality])
        later = Scan.objects.filter(same_person, patient=OuterRef("patient"), uploaded_at__gt=OuterRef("uploaded_at"))
        read = Exists(later.filter(holds & of_the_kind)) | Exists(later.filter(signed & of_the_kind))
        compared |= of_the_kind & Q(**{f"{review}status__in": ["waiting", "claimed", "signed"]}) & Q(read)
    took_part = signed | Q(**{f"{review}referrals__referred_by": user})
    left = Q(analyses__in=Analysis.objects.left_with_questions().exclude(patient=user))
    found = (Scan.objects.filter(Q(patient=user) | free | theirs | compared), Scan.objects.filter(took_part), Scan.objects.filter(left))
    return Scan.objects.filter(reduce(or_, (Q(pk__in=some.values("pk")) for some in found)))


def analyses_seen(user: User) -> QuerySet:
    revealed = Q(review__practitioner=user, review__status__in=["claimed", "signed"], review__revealed_at__isnull=False)
    signed = Q(review__opinions__practitioner=user, review__opinions__stage="final")
    referred = Q(review__referrals__referred_by=user, review__opinions__practitioner=user)
    took_part = Analysis.objects.filter(signed | referred).values("pk")
    left = Analysis.objects.left_with_questions().exclude(patient=user).values("pk")
    return Analysis.objects.filter(Q(patient=user) | revealed | Q(pk__in=took_part) | Q(pk__in=left))


def took_part(user: User) -> QuerySet:
    part = Q(opinions__practitioner=user, opinions__stage="final") | Q(referrals__referred_by=user)
    return Review.objects.filter(part).values("pk")


def reviews_seen(user: User) -> QuerySet:
    itself = Q(patient=user) | Q(status__in=["waiting", "claimed"]) | Q(practitioner=user)
    return Review.objects.filter(itself | Q(pk__in=took_part(user)))


def queue(user: User) -> QuerySet:
    signed = Q(opinions__practitioner=user, opinions__stage="final")
    read_before = Review.objects.filter(signed | (Q(referrals__referred_by=user) & ~Q(referrals__role=F("role")))).values("pk")
    seen_already = Q(status__in=["waiting", "claimed"], pk__in=read_before)
    return reviews_seen(user).exclude(patient=user).exclude(seen_already)


def followed(user: User) -> QuerySet:
    still_open = Review.objects.filter(status__in=["waiting", "claimed"], pk__in=took_part(user))
    return still_open.exclude(practitioner=user, status="claimed")


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_of_asking_find_what_the_plain_rule_finds(seed: int, crowd: tuple[list[User], list[User]]) -> None:
    patients, readers = crowd
    portal(seed, patients, readers)
    for reader in User.objects.filter(is_active=True, practitioner_profile__verification=Verification.VERIFIED):
        for gathered in (False, True):
            asked: list[tuple[QuerySet, QuerySet]] = [
                (Scan.objects.visible_to(reader, gathered=gathered), scans_seen(reader)),
                (Analysis.objects.visible_to(reader, gathered=gathered), analyses_seen(reader)),
                (Review.objects.visible_to(reader, gathered=gathered), reviews_seen(reader)),
                (Review.objects.queue_of(reader, gathered=gathered), queue(reader)),
                (Review.objects.followed_by(reader), followed(reader)),
            ]
            for number, (found, plain) in enumerate(asked):
                rows = sorted(found.values_list("pk", flat=True))
                assert rows == sorted(set(plain.values_list("pk", flat=True))), number
                assert 0 < len(rows) < found.model.objects.count(), number  # else the portal proves nothing


@pytest.mark.parametrize("path", ["scans", "analyses", "reviews"])
def test_a_list_is_whole_from_page_to_page_wherever_the_walk_ends(
    path: str, crowd: tuple[list[User], list[User]], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of three; after four rows that are looked at one by one, what is seen is gathered instead."""
    patients, readers = crowd
    portal(7, patients, readers)
    monkeypatch.setattr(pagination, "WALKED", 4)
    reader = readers[1]
    plain = {"scans": scans_seen, "analyses": analyses_seen, "reviews": queue}[path](reader)
    client, address, pages = api(reader), f"/api/v1/{path}/?page_size=3", []
    while address:
        pages.append(client.get(address).json())
        address = pages[-1]["next"]
    rows = [row["id"] for page in pages for row in page["results"]]
    assert len(pages) > 3
    assert len(rows) == len(set(rows))
    assert set(rows) == {str(pk) for pk in plain.values_list("pk", flat=True)}
    for page in reversed(pages[:-1]):  # and back
        address = (client.get(address).json() if address else pages[-1])["previous"]
        assert [row["id"] for row in client.get(address).json()["results"]] == [row["id"] for row in page["results"]]
