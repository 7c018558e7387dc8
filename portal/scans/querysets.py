"""The access rules for scans and for files on their way, and which scans are compared."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inference import diseases
from portal.audit.rows import reason, seen


class ScanQuerySet(models.QuerySet):
    def visible_to(self, user: Any, *, gathered: bool = False) -> "ScanQuerySet":
        """Own scans; for a verified practitioner also those whose review waits for anyone, is (or was) theirs, or in which they took part
        (signed a reading, or referred it), and those that a patient asks about whose signer has left; all for administrators.

        A review that another practitioner holds keeps its scan to that practitioner, and to those who took part before. One exception:
        who holds a review by a claim that runs, or has signed a reading of it, may compare. They see the pictures of the same kind and of
        the same person that were sent before to be read, whoever read them. Only the pictures: what the model or another practitioner said
        of them stays closed (analyses.querysets).

        `gathered` says how it is asked, not what: audit.rows.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        # Reviews live in a room above this one: the relation is followed by name, nothing is imported.
        analyses = self.model._meta.get_field("analyses").related_model.objects
        free = Q(review__status="waiting") | Q(review__status="claimed", review__claim_expires_at__lte=timezone.now())
        theirs = Q(review__practitioner=user, review__status__in=["claimed", "signed"])
        signed = analyses.filter(review__opinions__practitioner=user, review__opinions__stage="final")
        referred = analyses.filter(review__referrals__referred_by=user)
        left = analyses.left_with_questions().exclude(patient=user)
        holds = analyses.filter(review__status="claimed", review__claim_expires_at__gt=timezone.now(), review__practitioner=user)
        many = [reason(analyses.filter(free | theirs), "scan"), reason(signed, "scan"), _sent_before(signed)]
        return seen(self, own, many, [reason(referred, "scan"), reason(left, "scan"), _sent_before(holds)], gathered=gathered)

    def unread(self) -> "ScanQuerySet":
        """What no practitioner has begun to read. The relation lies in a room above: followed by name."""
        begun = Q(analyses__review__status__in=["claimed", "signed"]) | Q(analyses__review__opinions__isnull=False)
        return self.exclude(pk__in=self.model.objects.filter(begun).values("pk"))

    def before(self, scan: Any, disease: diseases.Disease) -> "ScanQuerySet":
        """The same person's earlier pictures of the kind that this disease is read from, newest first."""
        of_the_kind = self.filter(analyses__disease__in=_read_from(disease.modality))
        return of_the_kind.filter(patient=scan.patient_id, dependant=scan.dependant_id, uploaded_at__lt=scan.uploaded_at).distinct()


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """One's own, whoever one is."""
        return self.filter(owner=user) if user.is_authenticated and user.is_active else self.none()


def _sent_before(analyses: models.QuerySet) -> models.QuerySet:
    """What was sent before the scans of these analyses, of the same person and of the same kind, to be read."""
    earlier = "scan__patient__scans"
    # A patient's own pictures and those of each child whom they look after are of different people.
    same_person = Q(**{f"{earlier}__dependant": F("scan__dependant")}) | Q(**{f"{earlier}__dependant": None, "scan__dependant": None})
    kinds = [_read_from(modality) for modality in diseases.MODALITIES]
    same_kind = reduce(or_, (Q(**{"disease__in": kind, f"{earlier}__analyses__disease__in": kind}) for kind in kinds))
    to_be_read = Q(**{f"{earlier}__analyses__review__status__in": ["waiting", "claimed", "signed"]})
    before = Q(**{f"{earlier}__uploaded_at__lt": F("scan__uploaded_at")})
    return reason(analyses.filter(before & to_be_read & same_person & same_kind), earlier)


def _read_from(modality: str) -> list[str]:
    """The diseases that are read from this kind of picture."""
    return [disease.code for disease in diseases.DISEASES.values() if disease.modality == modality]
