from django import forms
from django.utils.translation import gettext_lazy as _


class CloseForm(forms.Form):
    """The second step: that one knows, and that it is oneself."""

    understood = forms.BooleanField(label=_("I have read what happens, and want to close my account"))
    password = forms.CharField(
        label=_("Your password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
