from django import forms
from django.utils.translation import gettext_lazy as _

from .models import LONGEST


class MessageForm(forms.Form):
    """One message; checked again by the service."""

    text = forms.CharField(max_length=LONGEST, label=_("Your message"), widget=forms.Textarea(attrs={"rows": 5}))
