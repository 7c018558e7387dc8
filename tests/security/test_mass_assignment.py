"""What a request may set is what its form or serializer names: every column of every model is sent along, and none takes what was sent.

(OWASP API3:2023, broken object property level authorization.)
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.test import Client
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.notifications.models import Notification
from tests.conftest import PASSWORD
from tests.portal.access_walk import Things, address, routes, things  # noqa: F401  (a fixture)
from tests.security.test_audit_of_changes import ACTS, Act, _client, _in_hand, cases  # noqa: F401  (a fixture)

WORD, NUMBER, WHEN = "mass-assigned", 7331, datetime(2099, 9, 9, tzinfo=UTC)
KEY = 2_000_000_011  # no sequence comes to it, however many rows the tests before have made
OURS = [model for model in apps.get_models() if model.__module__.startswith("portal.")]


def planted(field: models.Field, thief: User) -> Any:
    """A value that nothing else writes; None where there is none."""
    if field.is_relation:
        return thief.pk if issubclass(field.related_model, User) else None  # type: ignore[arg-type]
    if isinstance(field, models.BooleanField):
        return None
    if isinstance(field, models.DateTimeField):
        return WHEN
    if isinstance(field, models.DateField):
        return WHEN.date()
    if isinstance(field, models.AutoField | models.BigAutoField):
        return KEY
    if isinstance(field, models.IntegerField | models.FloatField):
        return NUMBER
    if isinstance(field, models.CharField | models.TextField):
        return WORD[: field.max_length]
    return None


def declared() -> set[str]:
    """Names that some form or serializer of ours takes: what is theirs is sent by the acts themselves."""
    return {name for form in _below(forms.BaseForm) if form.__module__.startswith("portal.") for name in getattr(form, "base_fields", {})}


def _below(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def of_request(operation: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The names that the OpenAPI document gives to a request's body."""
    names: set[str] = set()
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content.get("schema", {})
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        names |= set(schema.get("properties", {}))
    return names


@pytest.fixture
def attack(things: Things) -> dict[str, Any]:  # noqa: F811
    """Every column by its name and by its attribute, as a request would name it."""
    found: dict[str, Any] = {"groups": "1", "user_permissions": "1"}
    thief = things.people["other_patient"]
    assert thief is not None
    for model in OURS:
        for field in model._meta.concrete_fields:
            value = True if isinstance(field, models.BooleanField) else planted(field, thief)
            if value is not None:
                found[field.name] = found[field.attname] = value.isoformat() if hasattr(value, "isoformat") else value
    return found


def stolen(thief: User) -> set[str]:
    """Columns in which what was planted lies, and how many rows each true-or-false column calls true."""
    found = set()
    for model in OURS:
        fields = {field: value for field in model._meta.concrete_fields if (value := planted(field, thief)) is not None}
        query = Q(*[Q(**{field.attname: value}) for field, value in fields.items()], _connector=Q.OR)
        if fields and (row := model._base_manager.filter(query).exclude(**_own(model, thief)).values().first()):
            found |= {f"{model.__name__}.{field.attname}" for field, value in fields.items() if row.get(field.attname) == value}
        for field in model._meta.concrete_fields:
            if isinstance(field, models.BooleanField):
                found.add(f"{model.__name__}.{field.attname}: {model._base_manager.filter(**{field.attname: True}).count()}")
    return found


def _own(model: type[models.Model], thief: User) -> dict[str, Any]:
    """What was the thief's before."""
    return {"pk__in": [thief.pk]} if model is User else {"pk__in": model._base_manager.none()}


def test_no_request_sets_what_it_does_not_name(things: Things, cases: dict[str, list[Any]], attack: dict[str, Any]) -> None:  # noqa: F811
    paths, thief = dict(routes()), things.people["other_patient"]
    assert thief is not None
    document = APIClient().get("/api/v1/schema/", {"format": "json"}).json()
    forms_take, template, wrong, sent = declared(), things.arguments["template"], {}, 0
    for name, act in ACTS.items():
        analysis, review = cases[act.to]
        things.arguments |= {"analysis": [analysis], "review": [review], "draft": [review, "final"], "template": template}
        path = address(name, paths[name], things)
        takes = of_request(_operation(document, path, act), document) if name.startswith("v1:") else forms_take
        extra = {key: value for key, value in attack.items() if key not in takes and key not in act.data}
        seen = []
        for more in ({}, extra):
            with transaction.atomic():
                person = User.objects.get(pk=things.people[act.who].pk)  # type: ignore[union-attr]
                response = getattr(_client(name, person), act.method)(path, _in_hand({**act.data, **more}))
                b"".join(response)
                seen.append((response.status_code, stolen(thief)))
                transaction.set_rollback(True)
        sent += len(extra)
        if seen[0] != seen[1]:
            wrong[name] = (seen[0][0], seen[1][0], seen[0][1] ^ seen[1][1])
    assert wrong == {}
    assert sent > 5000


def _operation(document: dict[str, Any], path: str, act: Act) -> dict[str, Any]:
    """Of the document, by its path with ids in it."""
    parts = path.strip("/").split("/")
    for known, methods in document["paths"].items():
        pieces = known.strip("/").split("/")
        if len(pieces) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(pieces, parts, strict=True)):
            return dict(methods.get(act.method, {}))
    raise AssertionError(path)


def test_who_signs_up_is_no_more_than_they_may_say(attack: dict[str, Any], things: Things) -> None:  # noqa: F811
    said = {
        "email": "new@example.test",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "name": "New",
        "role": "patient",
        "country": "Nepal",
        "birth_date": "1990-01-02",
    }
    extra = {name: value for name, value in attack.items() if name not in declared()}
    Client().post("/accounts/signup/", {**extra, **said, "verification": "verified", "is_administrator": "on"})
    made = User.objects.get(email="new@example.test")
    assert (made.is_active, made.is_staff, made.is_superuser, made.is_administrator, made.is_verified_practitioner) == (True, *[False] * 4)
    assert not made.user_permissions.exists()


def test_a_planted_column_is_found(things: Things) -> None:  # noqa: F811
    """Else the test above could not fail."""
    thief, patient = things.people["other_patient"], things.people["patient"]
    assert thief is not None
    assert patient is not None
    before = stolen(thief)
    patient.name = WORD
    patient.save()
    Notification.objects.filter(user=patient).update(in_portal=False)
    assert {one.split(":")[0] for one in stolen(thief) - before} == {"User.name", "Notification.in_portal"}
