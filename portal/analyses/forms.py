from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inference.diseases import Disease
from inference.engine import OperatingPoint
from portal.accounts.models import Dependant

LONGEST_REASON = 1000
POINT = ("low", "threshold", "high")


class UploadForm(forms.Form):
    """What is asked beside the pictures; the pictures come as `files`, as many as one likes."""

    symptoms = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    wants_review = forms.BooleanField(required=False, initial=True)
    also = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    person = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    laterality = forms.ChoiceField(required=False, widget=forms.RadioSelect)

    def __init__(self, disease: Disease, others: list[Disease], children: Iterable[Dependant], *args: Any, **kwargs: Any) -> None:
        """`others` can be asked about the same picture, which may be one of `children`."""
        super().__init__(*args, **kwargs)
        people = [(str(child.pk), _child(child)) for child in children]
        self.fields["person"].choices = [("", gettext("Me")), *people] if people else []  # type: ignore[attr-defined]
        self.fields["also"].choices = [(other.code, gettext(other.name)) for other in others]  # type: ignore[attr-defined]
        sides = [(code, gettext(words)) for code, words in disease.laterality.words.items()] if disease.laterality else []
        self.fields["laterality"].choices = [*sides, ("", gettext("I do not know"))] if sides else []  # type: ignore[attr-defined]
        self.fields["symptoms"].choices = [(symptom.code, gettext(symptom.words)) for symptom in disease.symptoms]  # type: ignore[attr-defined]


def _child(child: Dependant) -> str:
    """A child's name and age."""
    return ngettext("{name}, {age} year", "{name}, {age} years", child.age or 0).format(name=child.name, age=child.age)


class OperatingPointForm(forms.Form):
    """An operating point of the place's own. `point` is there once the form is valid."""

    low = forms.FloatField(label=_("Not suspicious below"), min_value=0, max_value=1)
    threshold = forms.FloatField(label=_("Threshold: a finding is positive from"), min_value=0, max_value=1)
    high = forms.FloatField(label=_("Suspicious from"), min_value=0, max_value=1)
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("For example: measured here on 400 of our own patients. It is kept in the audit, and shown on the model's card."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in POINT:
            self.fields[name].widget.attrs |= {"step": "any", "inputmode": "decimal"}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if all(name in values for name in POINT):
            try:
                self.point = OperatingPoint(**{name: values[name] for name in POINT})
            except ValueError as error:
                message = gettext("The three values must rise: not suspicious below, then the threshold, then suspicious from.")
                raise forms.ValidationError(message, code="out_of_order") from error
        return values
