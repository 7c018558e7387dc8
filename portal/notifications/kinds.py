"""What there is to be told, whom it concerns, where it goes unless the person says otherwise, and what can not be switched off."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Notification

Kind = Notification.Kind
PATIENT, PRACTITIONER, ACCOUNT = "patient", "practitioner", "account"
GROUPS = {PATIENT: _("Your scans"), PRACTITIONER: _("Reading"), ACCOUNT: _("Your account")}
SECURITY_STAYS = _("Always told, in the portal and by e-mail: if it was not you, you have to know at once.")
CHANGES_STAY = _("Always shown in the portal, so that you never follow an opinion that was changed since.")
CRITICAL_STAYS = _("Always told, in the portal and by e-mail, until the patient knows.")


@dataclass(frozen=True)
class Rule:
    """`portal` and `email` are what counts until a person chooses; what is `fixed` stays so, `because` of what `why` says to people."""

    group: str
    portal: bool = True
    email: bool = True
    fixed: tuple[str, ...] = ()
    because: str | Promise = ""

    @property
    def why(self) -> str:
        return str(self.because)


RULES: dict[str, Rule] = {
    Kind.ANSWERED: Rule(PATIENT),
    Kind.SIGNED: Rule(PATIENT),
    Kind.AMENDED: Rule(PATIENT, fixed=("portal",), because=CHANGES_STAY),
    Kind.ADDENDUM: Rule(PATIENT, fixed=("portal",), because=CHANGES_STAY),
    Kind.REPLIED: Rule(PATIENT),
    Kind.REJECTED: Rule(PATIENT),
    Kind.FAILED: Rule(PATIENT),
    Kind.DIGEST: Rule(PRACTITIONER, portal=False),
    Kind.OPENED: Rule(PRACTITIONER),
    Kind.OVERDUE: Rule(PRACTITIONER),
    Kind.ASKED: Rule(PRACTITIONER),
    Kind.REFERRED: Rule(PRACTITIONER),
    Kind.CRITICAL: Rule(PRACTITIONER, fixed=("portal", "email"), because=CRITICAL_STAYS),
    Kind.DECLINED: Rule(PRACTITIONER, email=False),
    Kind.EXPIRED: Rule(PRACTITIONER, email=False),
    Kind.RECEIPT: Rule(PRACTITIONER, email=False),
    Kind.READ_ONCE: Rule(PRACTITIONER, email=False),
    Kind.OUTCOME: Rule(PRACTITIONER, email=False),
    Kind.VERIFIED: Rule(PRACTITIONER),
    Kind.CLOSING: Rule(ACCOUNT, fixed=("portal", "email"), because=SECURITY_STAYS),
    Kind.COPIED: Rule(ACCOUNT, fixed=("portal", "email"), because=SECURITY_STAYS),
    Kind.SECURITY: Rule(ACCOUNT, fixed=("portal", "email"), because=SECURITY_STAYS),
}


def kinds_for(user: Any) -> list[str]:
    """What this person can be told. Everybody can be a patient; administrators too are told of what was left too long."""
    return [
        kind
        for kind, rule in RULES.items()
        if rule.group != PRACTITIONER or user.is_practitioner or (kind in (Kind.CRITICAL, Kind.OVERDUE) and user.is_administrator)
    ]
