"""Forms of what a case's readers do beside reading: refer, amend, record that the patient was told."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import readers
from .forms import ReadingForm
from .models import CriticalNotice, Review

PERSON, SPECIALITY = "person:", "speciality:"


class ReferForm(forms.Form):
    """To a practitioner, or back to the queue for a speciality."""

    to = forms.ChoiceField(label=_("To whom?"))
    reason = forms.CharField(
        max_length=1000,
        label=_("Why?"),
        help_text=_("They read this first. Do not say what you see: they read for themselves."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, review: Review, practitioner: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {other.pk: other for other in readers.colleagues(review, practitioner)}
        people = [(f"{PERSON}{pk}", f"{other.name}, {other.practitioner_profile.speciality}") for pk, other in self.others.items()]
        kinds = [(f"{SPECIALITY}{words}", words) for words in readers.specialities(self.others.values())]
        choices = [("", _("Choose one")), (_("To a practitioner"), people), (_("Back to the queue, for a speciality"), kinds)]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As referrals.refer takes it."""
        kind, value = self.cleaned_data["to"].split(":", 1)
        to = self.others[int(value)] if kind + ":" == PERSON else None
        return {"to": to, "speciality": "" if to else value, "reason": self.cleaned_data["reason"]}


class AmendForm(ReadingForm):
    """The next version of a signed opinion; starts as the newest."""

    reason = forms.CharField(max_length=1000, label=_("Why you amend it"), widget=forms.Textarea(attrs={"rows": 2}))


class TellForm(forms.Form):
    """Patient told by whom, how, when."""

    how = forms.ChoiceField(
        label=_("How?"),
        choices=[("", _("Choose one")), *(choice for choice in CriticalNotice.How.choices if choice[0] != CriticalNotice.How.READ)],
    )
    told_by = forms.CharField(max_length=120, required=False, label=_("Told by"))
    told_at = forms.DateTimeField(
        required=False, label=_("When?"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    note = forms.CharField(
        max_length=1000, required=False, label=pgettext_lazy("a remark", "Note"), widget=forms.Textarea(attrs={"rows": 2})
    )

    @classmethod
    def blank(cls, notice: CriticalNotice, user: Any) -> "TellForm":
        return cls(prefix=notice.pk.hex[:8], initial={"told_by": user.name, "told_at": timezone.localtime()})
