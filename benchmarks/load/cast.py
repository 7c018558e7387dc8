"""People for the load, signed in: run in a portal's environment, it prints a session key for each as JSON.

They are made by the services and signed in without their passwords: what checking 200 of them takes is not what is measured here.
"""

import json
import secrets
import sys
import time
from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402

from portal.accounts.models import ConsentText, Role, User  # noqa: E402
from portal.accounts.services import give_consent, register, verify_practitioner  # noqa: E402


def person(kind: str, number: int, **facts: Any) -> User:
    made = User(email=f"{kind}-{number}@load.example")
    made.set_unusable_password()
    made.save()
    user = register(user=made, name=f"{kind.title()} {number}", country="India", **facts)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    text = ConsentText.current()
    assert text is not None  # noqa: S101  (a migration puts the first one there)
    give_consent(user=user, text=text)
    return user


def session(user: User) -> str:
    kept = SessionStore()
    kept[SESSION_KEY], kept[BACKEND_SESSION_KEY] = str(user.pk), "allauth.account.auth_backends.AuthenticationBackend"
    kept[HASH_SESSION_KEY] = user.get_session_auth_hash()
    kept["account_authentication_methods"] = [{"method": "password", "at": time.time() + 86400, "email": user.email}]
    kept["account_authentication_methods_user"] = str(user.pk)
    kept.save()
    return str(kept.session_key)


@transaction.atomic
def main(patients: int, walk_ins: int, camps: int, practitioners: int) -> dict[str, list[str]]:
    chief = User.objects.create_superuser(f"chief-{secrets.token_hex(4)}@load.example", secrets.token_urlsafe(), name="Chief")
    found: dict[str, list[str]] = {
        kind: [session(person(kind, number, role=Role.PATIENT)) for number in range(count)]
        for kind, count in (("patient", patients), ("walkin", walk_ins), ("camp", camps))
    }
    readers = [
        person("practitioner", number, role=Role.PRACTITIONER, registration_number=f"L-{number}", speciality="Any")
        for number in range(practitioners)
    ]
    for reader in readers:
        verify_practitioner(profile=reader.practitioner_profile, by=chief)
        TOTP.activate(reader, generate_totp_secret())  # who reads needs a second factor
    return found | {"practitioner": [session(reader) for reader in readers]}


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:]))))
