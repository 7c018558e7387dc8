"""Filters, searches, orders and counts give nobody more than the plain list, and tell nothing of what is hidden from them.

Two properties, for every list of the API by reflection and every parameter that it knows or that other APIs know. Whatever is asked, the
rows are among those of the plain list. And whoever may not see the model's answer gets the same bytes whatever it was: if a filter could
tell, changing the answer would change what they get (non-interference, Goguen and Meseguer 1982).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import django_filters
import pytest
from django.urls import get_resolver
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.reviews import services as reviews
from portal.reviews.models import Review
from tests.portal.access_walk import Things, address, routes, things  # noqa: F401  (a fixture)

Query = dict[str, str]
# What other APIs know. All at once: a list that knows none of them answers as if nothing was asked.
OF_OTHERS: list[Query] = [
    {
        "ordering": "probability",
        "search": "suspicious",
        "expand": "patient,analysis",
        "fields": "probability,patient",
        "count": "1",
        "all": "1",
    },
    {"ordering": "-analysis__probability", "order_by": "-probability", "include": "patient", "omit": "id", "limit": "1000", "offset": "0"},
    {
        "sort": "-patient__email",
        "patient__email__startswith": "a",
        "analysis__outcome": "suspicious",
        "probability__gt": "0.5",
        "page": "2",
    },
]
WORDS = ["suspicious", "parasitized", "malaria"]
# What only a person's own doing changes, or asking itself does: it differs between two calls, whatever was asked.
MOVES = {"v1:looks", "v1:audit-event-list", "v1:session-list", "v1:my-figures", "v1:all-figures"}


def lists() -> dict[str, tuple[str, Any]]:
    """(path, filter set or None) of every list by its name."""
    lists = {name: view for name, view in _views() if name.endswith("-list") or name in ("v1:looks", "v1:review-earlier-scans")}
    views = {name: view for name, view in lists.items() if name != "v1:upload-list"}  # nobody's to read
    return {name: (path, getattr(views[name], "filterset_class", None)) for name, path in routes() if name in views}


def _views(patterns: Any = None, space: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _views(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif hasattr(pattern.callback, "cls"):
            yield f"{space}{pattern.name}", pattern.callback.cls


def queries(filterset: Any, ids: list[str]) -> Iterator[Query]:
    """One parameter at a time: what the list knows, with every choice or with the ids of others and words of what is hidden."""
    yield from OF_OTHERS
    yield from ({"page_size": value} for value in ("1", "100"))
    for name, found in (filterset.base_filters if filterset else {}).items():
        if isinstance(found, django_filters.ChoiceFilter):
            values = [str(value) for value, _ in found.field.choices]
        elif isinstance(found, django_filters.BooleanFilter):
            values = ["true", "false"]
        elif isinstance(found, django_filters.CharFilter):
            values = [*WORDS, *ids]
        else:
            values = ids
        yield from ({name: value} for value in values)
        yield from ({f"{name}{end}": "2000-01-01T00:00:00Z"} for end in ("_after", "_before"))


def rows(answer: Any) -> dict[str, Any]:
    """Of a list's answer, by id."""
    if answer.status_code != 200:
        return {}
    body = answer.json()
    found = body.get("results", body.get("entry", [])) if isinstance(body, dict) else body
    return {str(row.get("id") or row.get("fullUrl") or json.dumps(row, sort_keys=True)): row for row in found}


def everything(client: Any, path: str) -> set[str]:
    """The ids of the plain list, all its pages."""
    found, where = set(), f"{path}?page_size=100"
    while where:
        answer = client.get(where)
        found |= set(rows(answer))
        body = answer.json() if answer.status_code == 200 else {}
        where = body.get("next") if isinstance(body, dict) else None
    return found


def test_no_parameter_shows_more_than_the_plain_list(things: Things) -> None:  # noqa: F811
    ids = [str(things.arguments[kind][0]) for kind in ("scan", "analysis", "review", "question", "token", "audit")]
    ids.append(str(things.people["patient"].pk))  # type: ignore[union-attr]
    asked, more = 0, []
    for name, (path, filterset) in lists().items():
        where = address(name, path, things)
        for who, person in things.people.items():
            if who in ("anonymous", "unverified", "patient", "administrator"):  # see nothing, or no more than another patient, or all
                continue
            assert person is not None
            client = APIClient()
            client.force_authenticate(User.objects.get(pk=person.pk))
            plain = everything(client, where)
            seen = {str(query): client.get(where, query) for query in queries(filterset, ids)}
            plain |= everything(client, where) if name in MOVES else set()
            more += [(name, who, query) for query, answer in seen.items() if set(rows(answer)) - plain]
            more += [
                (name, who, query, answer.status_code) for query, answer in seen.items() if answer.status_code not in (200, 400, 403, 404)
            ]
            asked += len(seen)
    assert more == []
    assert asked > 900


HIDDEN = ("outcome", "finding", "probability", "probabilities", "threshold", "uncertain_low", "uncertain_high", "seconds")


@pytest.fixture
def pair(patient: User, answered: Callable[..., Analysis]) -> list[Analysis]:
    """Two that differ in nothing that may be known before an own reading, but in the model's answer."""
    found = [answered(patient, seed, probability) for seed, probability in ((11, 0.97), (12, 0.03))]
    Review.objects.filter(analysis__in=found).update(urgency=3, due_at=Review.objects.earliest("due_at").due_at)
    return found


def swap(pair: list[Analysis]) -> None:
    first, second = (
        dict(zip(HIDDEN, row, strict=True)) for row in Analysis.objects.filter(pk__in=[a.pk for a in pair]).values_list(*HIDDEN)
    )
    for analysis in pair:
        now = Analysis.objects.filter(pk=analysis.pk).values(*HIDDEN).get()
        Analysis.objects.filter(pk=analysis.pk).update(**(second if now == first else first))


def blind(person: User, pair: list[Analysis], client: APIClient) -> dict[str, Any]:
    """Everything that this person can ask of lists, and of the two: the same again, as long as nothing but the hidden changes."""
    found: dict[str, Any] = {}
    ids = [str(value) for analysis in pair for value in (analysis.pk, analysis.scan_id, analysis.review.pk)]  # type: ignore[attr-defined]
    for name, (path, filterset) in lists().items():
        if name in MOVES or "(?P" in path or "<" in path:
            continue
        for query in queries(filterset, ids):
            answer = client.get(f"/{path}".replace("^", "").replace("$", ""), query)
            found[f"{name} {query}"] = _told(answer)
    for analysis in pair:
        for path in (f"reviews/{analysis.review.pk}", f"analyses/{analysis.pk}", f"scans/{analysis.scan_id}"):  # type: ignore[attr-defined]
            answer = client.get(f"/api/v1/{path}/")
            found[path] = _told(answer)
    return found


def _told(answer: Any) -> tuple[int, str]:
    """A refusal has an id of its own each time."""
    return answer.status_code, without_reasons(answer.content.decode()) if answer.status_code == 200 else ""


def without_reasons(text: str) -> str:
    """That the model's answer asks for an early reading is told on purpose: a case can not come first and its reason be a secret."""
    return re.sub(r'"urgency_reasons":\[[^]]*\]', "", text)


@pytest.mark.parametrize("role", ["reader", "claimed", "stranger"])
def test_no_parameter_tells_an_answer_that_is_hidden(role: str, pair: list[Analysis], practitioner: User, other_patient: User) -> None:
    person = other_patient if role == "stranger" else practitioner
    if role == "claimed":
        for analysis in pair:
            reviews.claim(review=analysis.review, practitioner=practitioner)  # type: ignore[attr-defined]
    client = APIClient()
    client.force_authenticate(person)
    before = blind(person, pair, client)
    swap(pair)
    after = blind(person, pair, client)
    changed = [asked for asked in before if before[asked] != after[asked]]
    assert changed == [], "\n".join(f"{asked}\n{before[asked]}\n{after[asked]}" for asked in changed[:3])
    assert len(before) > 100


def test_the_same_question_does_tell_who_may_know(pair: list[Analysis], patient: User) -> None:
    """Else the test above could not fail."""
    client = APIClient()
    client.force_authenticate(patient)
    before = blind(patient, pair, client)
    swap(pair)
    after = blind(patient, pair, client)
    assert [asked for asked in before if before[asked] != after[asked] and "outcome" in asked]
