"""allauth's mails (confirm an address, a new password, what changed) in the two forms that all mails of the portal have."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string


class AccountAdapter(DefaultAccountAdapter):
    def render_mail(self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None) -> EmailMessage:
        """The text as allauth's templates have it, and the same as HTML."""
        message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        if isinstance(message, EmailMultiAlternatives) and not message.alternatives:
            message.attach_alternative(render_to_string("account/email/message.html", {"text": message.body}), "text/html")
        return message
