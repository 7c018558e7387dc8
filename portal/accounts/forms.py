"""Sign-up and profile forms. allauth brings the e-mail and password fields."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import services
from .models import ApiToken, Dependant, PatientProfile, Role, Sex, User

ROLES = [(Role.PATIENT, _("I have a picture to be read")), (Role.PRACTITIONER, _("I am a practitioner and read scans"))]


def check_birth_date(value: date | None) -> date | None:
    if value and not date(1900, 1, 1) <= value <= date.today():
        raise forms.ValidationError(_("This date of birth can not be right."))
    return value


class SignupForm(forms.Form):
    """What allauth's sign-up form asks besides e-mail and password."""

    name = forms.CharField(label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    role = forms.ChoiceField(label=_("What brings you here?"), choices=ROLES, initial=Role.PATIENT, widget=forms.RadioSelect)
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"})
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex, initial=Sex.UNKNOWN, required=False)
    country = forms.CharField(label=_("Country"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "country-name"}))
    registration_number = forms.CharField(
        label=_("Registration number"),
        max_length=60,
        required=False,
        help_text=_("Practitioners only: your number at the medical council."),
    )
    speciality = forms.CharField(label=_("Speciality"), max_length=80, required=False, help_text=_("Practitioners only."))

    field_order = ["email", "name", "role", "birth_date", "sex", "country", "registration_number", "speciality", "password1", "password2"]

    def clean_birth_date(self) -> date | None:
        return check_birth_date(self.cleaned_data["birth_date"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == Role.PRACTITIONER:
            for field in ("registration_number", "speciality"):
                if not data.get(field):
                    self.add_error(field, _("A practitioner needs this: an administrator checks it."))
        return data

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account exists."""
        fields = ("name", "role", "birth_date", "country", "registration_number", "speciality")
        services.register(user=user, sex=self.cleaned_data["sex"] or Sex.UNKNOWN, **{f: self.cleaned_data[f] for f in fields})


class TokenForm(forms.Form):
    """A token for a program of one's own."""

    name = forms.CharField(label=_("What is it for?"), max_length=60)
    scope = forms.ChoiceField(label=_("What may it do?"), choices=ApiToken.Scope, initial=ApiToken.Scope.READ, widget=forms.RadioSelect)
    days = forms.IntegerField(label=_("For how many days?"), min_value=1, initial=30)

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if days > settings.TOKEN_MOST_DAYS:
            raise forms.ValidationError(_("At most {days} days.").format(days=settings.TOKEN_MOST_DAYS))
        return days


class ProfileForm(forms.ModelForm):
    name = forms.CharField(label=_("Full name"), max_length=120)

    class Meta:
        model = PatientProfile
        fields = ["birth_date", "sex", "country"]
        labels = {"sex": _("Sex"), "country": _("Country")}
        widgets = {"birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["name", "birth_date", "sex", "country"])
        self.fields["name"].initial = self.instance.user.name

    def clean_birth_date(self) -> date | None:
        return check_birth_date(self.cleaned_data["birth_date"])


class DependantForm(forms.ModelForm):
    """A child whom one looks after."""

    class Meta:
        model = Dependant
        fields = ["name", "birth_date", "sex", "relationship"]
        widgets = {"birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), "relationship": forms.RadioSelect}
        labels = {"name": _("Full name of the child"), "sex": _("Sex"), "relationship": _("Who are you to the child?")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relationship"].choices = Dependant.Relationship.choices  # type: ignore[attr-defined]

    def clean_birth_date(self) -> date | None:
        return check_birth_date(self.cleaned_data["birth_date"])


class DocumentForm(forms.Form):
    title = forms.CharField(label=_("What is it?"), max_length=80, initial=_("Registration certificate"))
    file = forms.FileField(label=_("PDF, JPEG or PNG, at most 10 MB"))
