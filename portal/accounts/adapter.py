"""What allauth asks of a portal: its mails (confirm an address, a new password, what changed) in the two forms that all mails here have, in
the language of who reads them; and no look at a password while its account or address is locked."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation

from portal.audit.services import record

from . import lockout
from .languages import language_of
from .models import User


class AccountAdapter(DefaultAccountAdapter):
    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> Any:
        """Whoever asks is not signed in."""
        record("account.password_reset_asked", user, patient=user)
        return super().send_password_reset_mail(user, email, context)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The lock-out before allauth's own, shorter limit, and both with one answer: 429 and how long to wait."""
        if lockout.is_locked(request, credentials):
            raise self.validation_error("too_many_login_attempts")
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            lockout.mark(request, credentials)
            raise

    def render_mail(self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None) -> EmailMessage:
        """The text as allauth's templates have it, and the same as HTML, in the language that the person chose, else in the page's."""
        with translation.override(_language_for(context.get("user"), email)):
            message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
            if isinstance(message, EmailMultiAlternatives) and not message.alternatives:
                message.attach_alternative(render_to_string("account/email/message.html", {"text": message.body}), "text/html")
        return message


def _language_for(user: Any, email: Any) -> str:
    """Whoever asks for a mail need not be who reads it: a new password is asked for from any browser."""
    reader = user if isinstance(user, User) else User.objects.filter(email=email).first() if isinstance(email, str) else None
    return (reader and language_of(reader)) or translation.get_language()
