from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

from . import structured
from .models import Addendum, Opinion, Review, finding_choices

DETAIL = "detail-"  # the names of the disease's own fields begin with it


def _how_soon() -> list[tuple[str, Any]]:
    return [("", _("As usual")), *((code, words.capitalize()) for code, words in Opinion.Urgency.choices)]


class FlagForm(forms.Form):
    """How soon the practitioner wants it to be read."""

    urgency = forms.TypedChoiceField(
        choices=Review.Urgency.choices, coerce=int, widget=forms.RadioSelect, label=_("How soon should it be read?")
    )
    reason = forms.CharField(min_length=3, max_length=200, label=_("Why"), help_text=_("The next reader sees it, and your name."))


class MeasurementsField(forms.JSONField):
    """What the viewer writes; the service checks it."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise forms.ValidationError(_("These are no measurements."), code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput("")  # deeper than anything that a viewer writes


class ReadingForm(forms.Form):
    """The practitioner's own reading, before the model's answer is shown. `said` fills it: an earlier reading or a draft."""

    finding = forms.ChoiceField(widget=forms.RadioSelect)
    confidence = forms.ChoiceField(choices=Opinion.Confidence.choices, initial=Opinion.Confidence.MODERATE, widget=forms.RadioSelect)
    # Nothing is chosen beforehand: a recommendation that nobody thought about would reach the patient.
    recommendation = forms.ChoiceField(choices=[("", _("Choose one")), *Opinion.Recommendation.choices])
    urgency = forms.ChoiceField(
        required=False,
        label=_("How soon?"),
        choices=_how_soon,
    )
    notes = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    measurements = MeasurementsField(required=False, error_messages={"invalid": _("These are no measurements.")})

    def __init__(self, review: Review, *args: Any, said: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.disease = review.analysis.disease
        side = review.analysis.scan.laterality
        fields = structured.fields_of(self.disease)
        named = {field.code: dict(field.of_sides)[side] for field in fields if side in dict(field.of_sides)}
        details = named if said is None else (said.get("details") or {})
        kwargs.setdefault("initial", {**(said or {}), **{DETAIL + code: value for code, value in details.items()}})
        super().__init__(*args, **kwargs)
        words = {code: text[0].upper() + text[1:] for code, text in finding_choices(review.analysis).items()}
        self.fields["finding"].choices = list(words.items())  # type: ignore[attr-defined]
        for field in structured.fields_of(self.disease):
            self.fields[DETAIL + field.code] = _form_field(field)

    @property
    def asked(self) -> list[tuple[structured.Field, BoundField]]:
        """The disease's own fields, each with what the form has for it."""
        return [(field, self[DETAIL + field.code]) for field in structured.fields_of(self.disease)]

    def clean(self) -> dict[str, Any]:
        """As the services take it: the disease's own fields together, as `details`."""
        said = dict(super().clean() or self.cleaned_data)
        own = {name: said.pop(name) for name in list(said) if name.startswith(DETAIL)}
        details = {name.removeprefix(DETAIL): value for name, value in own.items() if value not in (None, "", [])}
        return {**said, "details": details, "measurements": said.get("measurements") or {}}


class SignForm(ReadingForm):
    """The final opinion; starts as the independent reading."""

    change_reason = forms.CharField(
        required=False, max_length=1000, label=_("Why you changed your finding"), widget=forms.Textarea(attrs={"rows": 2})
    )


class AddendumForm(forms.ModelForm):
    class Meta:
        model = Addendum
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        labels = {"text": _("What do you want to add?")}


def _form_field(field: structured.Field) -> forms.Field:
    choices = [(choice.code, choice.words) for choice in field.choices]
    if field.kind == structured.NUMBER:
        kind = forms.IntegerField if field.whole else forms.FloatField
        return kind(required=False, label=str(field.words), min_value=0, max_value=field.maximum)
    if field.kind == structured.MANY:
        return forms.MultipleChoiceField(required=False, label=str(field.words), choices=choices, widget=forms.CheckboxSelectMultiple)
    return forms.ChoiceField(required=False, label=str(field.words), choices=[("", _("Not said")), *choices])
