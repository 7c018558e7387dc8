from django import forms

from .models import LONGEST


class MessageForm(forms.Form):
    """One message; checked again by the service."""

    text = forms.CharField(max_length=LONGEST, label="Your message", widget=forms.Textarea(attrs={"rows": 5}))
