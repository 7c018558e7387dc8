"""What a change of mind means for what is to go."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.signals import consent_given, consent_withdrawn

from .models import RetentionPolicy
from .services import ask_to_erase_record, keep_account, keep_record


@receiver(user_logged_in)
def who_signs_in_stays(sender: type, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if keep_account(user=user) and request is not None:
        messages.success(request, _("Welcome back. Your account stays open."), fail_silently=True)


@receiver(consent_withdrawn)
def erase_where_the_policy_says_so(sender: type, user: User, **kwargs: Any) -> None:
    if user.is_active and RetentionPolicy.current().erases_on_withdrawal:  # an account that closes has a rule of its own
        ask_to_erase_record(user=user)


@receiver(consent_given)
def who_agrees_again_keeps_their_record(sender: type, user: User, **kwargs: Any) -> None:
    keep_record(user=user)
