"""The access rules for scans and for files on their way, and which scans are compared."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.lookups import IsNull
from django.utils import timezone

from inference import diseases


class ScanQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "ScanQuerySet":
        """Own scans; for a verified practitioner also those whose review waits for anyone, is (or was) theirs, or in which they took part
        (signed a reading, or referred it), and those that a patient asks about whose signer has left; all for administrators.

        A review that another practitioner holds keeps its scan to that practitioner, and to those who took part before. One exception:
        who holds a review by a claim that runs, or has signed a reading of it, may compare. They see the pictures of the same kind and of
        the same person that were sent before to be read, whoever read them. Only the pictures: what the model or another practitioner said
        of them stays closed (analyses.querysets).
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        # Reviews live in a room above this one: the relation is followed by name, nothing is imported.
        review = "analyses__review__"
        free = Q(**{f"{review}status": "waiting"}) | Q(**{f"{review}status": "claimed", f"{review}claim_expires_at__lte": timezone.now()})
        theirs = Q(**{f"{review}practitioner": user, f"{review}status__in": ["claimed", "signed"]})
        took_part = Q(**{f"{review}opinions__practitioner": user, f"{review}opinions__stage": "final"})
        took_part |= Q(**{f"{review}referrals__referred_by": user})
        analyses = self.model._meta.get_field("analyses").related_model.objects
        left = Q(analyses__in=analyses.left_with_questions().exclude(patient=user))
        scans = self.model.objects
        found = (scans.filter(own | free | theirs | self._compared_by(user)), scans.filter(took_part), scans.filter(left))
        return self.filter(reduce(or_, (Q(pk__in=some.values("pk")) for some in found)))

    def _compared_by(self, user: Any) -> Q:
        """What was sent before a scan that this practitioner reads or has signed, of the same person, of the same kind, to be read."""
        review = "analyses__review__"
        holds = Q(**{f"{review}status": "claimed", f"{review}claim_expires_at__gt": timezone.now(), f"{review}practitioner": user})
        signed = Q(**{f"{review}opinions__practitioner": user, f"{review}opinions__stage": "final"})
        # A patient's own pictures and those of each child whom they look after are of different people.
        same_person = Q(dependant=OuterRef("dependant")) | (Q(dependant__isnull=True) & Q(IsNull(OuterRef("dependant"), True)))
        compared = Q()
        for modality in diseases.MODALITIES:
            of_the_kind = Q(analyses__disease__in=_read_from(modality))
            later = self.model.objects.filter(same_person, patient=OuterRef("patient"), uploaded_at__gt=OuterRef("uploaded_at"))
            read = Exists(later.filter(holds & of_the_kind)) | Exists(later.filter(signed & of_the_kind))
            wanted = Q(**{f"{review}status__in": ["waiting", "claimed", "signed"]})
            compared = compared | (of_the_kind & wanted & Q(read))
        return compared

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


def _read_from(modality: str) -> list[str]:
    """The diseases that are read from this kind of picture."""
    return [disease.code for disease in diseases.DISEASES.values() if disease.modality == modality]
