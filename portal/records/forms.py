from django import forms


class CloseForm(forms.Form):
    """The second step: that one knows, and that it is oneself."""

    understood = forms.BooleanField(label="I have read what happens, and want to close my account")
    password = forms.CharField(label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))
