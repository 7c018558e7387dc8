from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from rest_framework import serializers

from . import browsers
from .forms import check_birth_date
from .models import ApiToken, Dependant, Sex, User
from .services import has_consented, patient_profile


class MeSerializer(serializers.Serializer):
    """Oneself. Name, language, date of birth, sex and country can be changed."""

    email = serializers.EmailField(read_only=True)
    name = serializers.CharField(max_length=120)
    role = serializers.CharField(read_only=True)
    birth_date = serializers.DateField(allow_null=True, source="patient_profile.birth_date")
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, allow_blank=True, help_text="Of pages and e-mails. What the API says is in that of Accept-Language."
    )
    sex = serializers.ChoiceField(choices=Sex.choices, source="patient_profile.sex")
    country = serializers.CharField(max_length=60, allow_blank=True, source="patient_profile.country")
    verification = serializers.SerializerMethodField(help_text="Practitioners: pending, verified or refused.")
    has_consented = serializers.SerializerMethodField()
    mfa_enabled = serializers.SerializerMethodField()

    def to_representation(self, user: User) -> dict[str, Any]:
        patient_profile(user)
        return super().to_representation(user)

    def validate_birth_date(self, value: Any) -> Any:
        return check_birth_date(value)

    def get_verification(self, user: User) -> str | None:
        profile = getattr(user, "practitioner_profile", None)
        return profile.verification if profile else None

    def get_has_consented(self, user: User) -> bool:
        return has_consented(user)

    def get_mfa_enabled(self, user: User) -> bool:
        return bool(is_mfa_enabled(user))


class DependantSerializer(serializers.ModelSerializer):
    """A child whom you look after."""

    age = serializers.IntegerField(read_only=True)

    class Meta:
        model = Dependant
        fields = ["id", "name", "birth_date", "age", "sex", "relationship"]
        read_only_fields = ["id"]

    def validate_birth_date(self, value: Any) -> Any:
        return check_birth_date(value)


class ConsentSerializer(serializers.Serializer):
    version = serializers.IntegerField()
    language = serializers.CharField(read_only=True, help_text="Of these words: that of Accept-Language, where it is translated.")
    title = serializers.CharField(read_only=True)
    body = serializers.CharField(read_only=True)
    given = serializers.BooleanField(read_only=True)


class CredentialsSerializer(serializers.Serializer):
    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False, style={"input_type": "password"})
    code = serializers.CharField(required=False, allow_blank=True, default="", help_text="From the authenticator, where one is set up.")
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=60, help_text="By which you know it again.")
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices, required=False, default=ApiToken.Scope.ALL)
    days = serializers.IntegerField(
        required=False, min_value=1, max_value=settings.TOKEN_MOST_DAYS, help_text="How long it is good; left out: for hours."
    )


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Told this once.")
    expiry = serializers.DateTimeField()


class OwnTokenSerializer(serializers.ModelSerializer):
    """A token of yours, without its words: those are told once."""

    created_at = serializers.DateTimeField(source="token.created", read_only=True)
    expires_at = serializers.DateTimeField(source="token.expiry", read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "scope", "created_at", "expires_at", "last_used_at"]


class SessionSerializer(serializers.ModelSerializer):
    """A browser in which you are signed in."""

    browser = serializers.SerializerMethodField()
    address = serializers.IPAddressField(source="ip", read_only=True)

    class Meta:
        model = UserSession
        fields = ["id", "browser", "address", "created_at", "last_seen_at"]

    def get_browser(self, session: UserSession) -> str:
        return browsers.name(session.user_agent)
