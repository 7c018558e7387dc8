"""Settings that would be a mistake where people rely on the portal: with them it does not start."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured

SECRET_LENGTH, SECRET_CHARACTERS = 50, 5  # as Django's own deployment check has it
LOCAL_NAMES = {"localhost", "testserver"}


def refuse_unsafe(*, debug: bool, secret_key: str, hosts: list[str], secure_tls: bool, behind_proxy: bool) -> None:
    """Raises ImproperlyConfigured with every reason at once, so that nobody meets them one by one."""
    reasons = _of_a_developer(hosts, secure_tls, behind_proxy) if debug else _of_a_server(secret_key, hosts)
    if not secret_key:
        reasons = ["SECRET_KEY is missing; `make run` makes one for this machine by itself"]
    if reasons:
        raise ImproperlyConfigured("The portal does not start: " + "; ".join(reasons) + ".")


def _of_a_server(secret_key: str, hosts: list[str]) -> list[str]:
    reasons = []
    if len(secret_key) < SECRET_LENGTH or len(set(secret_key)) < SECRET_CHARACTERS or secret_key.startswith("django-insecure-"):
        reasons.append(f"SECRET_KEY is weak: set {SECRET_LENGTH} random characters or more (.env.example says how)")
    if any("*" in host for host in hosts):
        reasons.append("ALLOWED_HOSTS has a wildcard: name the hosts that people type")
    return reasons


def _of_a_developer(hosts: list[str], secure_tls: bool, behind_proxy: bool) -> list[str]:
    """DEBUG shows settings and code to whoever causes an error, so anything that looks like a server forbids it."""
    signs = {"SECURE_TLS=true": secure_tls, "BEHIND_PROXY=true": behind_proxy}
    signs |= {f"the host {host} in ALLOWED_HOSTS": True for host in hosts if not _is_local(host)}
    return [f"DEBUG=true does not go together with {sign}" for sign, there in signs.items() if there]


def _is_local(host: str) -> bool:
    name = host.strip("[]").lower()
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
