from typing import Any

from django import forms

from .models import Addendum, Opinion, Review, finding_choices


class FlagForm(forms.Form):
    """How soon the practitioner wants it to be read."""

    urgency = forms.TypedChoiceField(
        choices=Review.Urgency.choices, coerce=int, widget=forms.RadioSelect, label="How soon should it be read?"
    )
    reason = forms.CharField(min_length=3, max_length=200, label="Why", help_text="The next reader sees it, and your name.")


class ReadingForm(forms.Form):
    """The practitioner's own reading, before the model's answer is shown."""

    finding = forms.ChoiceField(widget=forms.RadioSelect)
    confidence = forms.ChoiceField(choices=Opinion.Confidence.choices, initial=Opinion.Confidence.MODERATE, widget=forms.RadioSelect)
    # Nothing is chosen beforehand: a recommendation that nobody thought about would reach the patient.
    recommendation = forms.ChoiceField(choices=[("", "Choose one"), *Opinion.Recommendation.choices])
    notes = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, review: Review, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {code: text[0].upper() + text[1:] for code, text in finding_choices(review.analysis).items()}
        self.fields["finding"].choices = list(words.items())  # type: ignore[attr-defined]


class SignForm(ReadingForm):
    """The final opinion; starts as the independent reading."""

    change_reason = forms.CharField(
        required=False, max_length=1000, label="Why you changed your finding", widget=forms.Textarea(attrs={"rows": 2})
    )


class AddendumForm(forms.ModelForm):
    class Meta:
        model = Addendum
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        labels = {"text": "What do you want to add?"}
