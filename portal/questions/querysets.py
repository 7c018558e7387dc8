"""The access rule for questions, and who is to answer."""

from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

STILL_HERE = {"is_active": True, "practitioner_profile__verification": "verified"}


def _signer_has_left() -> Q:
    """The one who signed reads here no more: then any verified practitioner answers."""
    return Q(review__status="signed") & ~Q(**{f"review__practitioner__{name}": value for name, value in STILL_HERE.items()})


class QuestionQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "QuestionQuerySet":
        """One's own; all for administrators. For a verified practitioner those of reviews that they signed, or hold and have read; those
        whose signer has left, while they are open; and those in which they wrote.

        A question may tell what the model answered: until their own reading is kept, it does not exist for a practitioner.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        theirs = Q(review__practitioner=user, review__status__in=["claimed", "signed"], review__revealed_at__isnull=False)
        left = _signer_has_left() & Q(closed_at__isnull=True)
        written = Exists(self.model._meta.get_field("messages").related_model.objects.filter(question=OuterRef("pk"), author=user))
        return self.filter(own | theirs | left | written)

    def of_reader(self, user: Any) -> "QuestionQuerySet":
        """What this practitioner is asked, never what they asked themselves. Empty for everybody else."""
        return self.visible_to(user).exclude(patient=user) if user.is_verified_practitioner else self.none()

    def to_answer(self, user: Any) -> "QuestionQuerySet":
        """What waits for this practitioner: the reading is signed, by them or by somebody who has left."""
        signed = Q(review__practitioner=user, review__status="signed") | _signer_has_left()
        return self.of_reader(user).filter(signed, waiting_since__isnull=False)

    def with_people(self) -> "QuestionQuerySet":
        review = ("review__analysis__scan__dependant", "review__practitioner__practitioner_profile", "review__patient__patient_profile")
        return self.select_related(*review, "patient", "closed_by")

    def with_all(self, user: Any) -> "QuestionQuerySet":
        """Everything that a list shows, in a fixed number of queries: `written` messages, `unread` ones among them."""
        messages = self.model._meta.get_field("messages").related_model.objects.filter(question=OuterRef("pk")).order_by()
        seen = self.model._meta.get_field("seen").related_model.objects.filter(question=OuterRef("question"), user=user.pk)
        theirs = messages.exclude(author=user.pk).annotate(last=Subquery(seen.values("message")[:1]))
        written = messages.values("question").annotate(count=Count("pk")).values("count")
        return self.with_people().annotate(
            written=Subquery(written), unread=Exists(theirs.filter(Q(last__isnull=True) | Q(pk__gt=F("last"))))
        )
