from typing import Any

from django import forms

from inference.diseases import Disease


class UploadForm(forms.Form):
    """What is asked beside the pictures; the pictures come as `files`, as many as one likes."""

    symptoms = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    wants_review = forms.BooleanField(required=False, initial=True)

    def __init__(self, disease: Disease, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["symptoms"].choices = [(symptom.code, symptom.words) for symptom in disease.symptoms]  # type: ignore[attr-defined]
