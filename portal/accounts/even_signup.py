"""allauth's sign-up form, made even. It stands by itself because allauth's forms are built on those of forms.py."""

from typing import Any

from allauth.account import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest


class EvenSignupForm(forms.SignupForm):
    """The same work for an address that has an account already: how long the answer takes tells nothing."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
