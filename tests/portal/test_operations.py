"""Rules, dashboard and runbook say the same as what is really exported."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.watch import drift, export, metrics, state

DOCS = Path(__file__).resolve().parents[2] / "docs"
RULES = [rule for group in yaml.safe_load((DOCS / "operations" / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((DOCS / "operations" / "grafana-dashboard.json").read_text())
RUNBOOK = (DOCS / "runbook.md").read_text()
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
OURS = re.compile(r"\bmedinform_\w+")
LABELS = re.compile(r"(medinform_\w+)\{([^}]*)\}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_has_an_expression_a_severity_and_its_chapter(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    assert OURS.search(expression) or expression.startswith("up{")
    assert re.search(r"[<>]=?|==|absent", expression), "an alert compares"
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    assert expression.count('"') % 2 == 0
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    chapter = RUNBOOK.split(f"\n## {rule['alert']}\n", 1)[1].split("\n## ")[0]
    assert "**Means:**" in chapter
    assert "**Look at" in chapter
    assert "do:**" in chapter.lower()


def test_the_runbook_has_no_chapter_of_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^## (\w+)$", RUNBOOK, re.M)) == {rule["alert"] for rule in RULES}


def test_the_runbook_names_only_panels_and_settings_that_are_there() -> None:
    titles = {panel["title"] for panel in DASHBOARD["panels"]}
    alerts = {rule["alert"] for rule in RULES}
    elsewhere = {"Figures", "queue again", "Service targets"}  # of the portal itself
    for name in re.findall(r"(?<!\*)\*(\w[^*]*)\*(?!\*)", RUNBOOK):
        assert name in alerts | elsewhere or any(title.startswith(name) for title in titles), name
    explained = (DOCS.parent / ".env.example").read_text()
    for setting in re.findall(r"`([A-Z]+_[A-Z_]+)`", RUNBOOK):
        assert f"{setting}=" in explained, setting


@pytest.mark.django_db
def test_every_metric_that_is_asked_for_is_exported_with_the_labels_that_are_asked_for(
    malaria: ModelVersion, patient: User, answered: Any
) -> None:
    for seed in range(10):
        answered(patient, seed)
    state.look()
    state.look_at_models()
    state.answered()
    drift.look()
    exported: dict[str, set[str]] = {}
    for line in export.text().splitlines():
        if found := re.match(r"(?:# TYPE )?(medinform_\w+)(?:\{(.*?)\})?", line):
            exported.setdefault(found[1], set()).update(re.findall(r"(\w+)=", found[2] or ""))
    for counted in vars(metrics).values():
        if not hasattr(counted, "_labelnames"):
            continue
        name, kind = counted._name, counted._type
        for suffix in {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}[kind]:
            exported.setdefault(f"{name}{suffix}", set()).update(counted._labelnames)
    for query in [*QUERIES, *(rule["expr"] for rule in RULES)]:
        for name in OURS.findall(query):
            assert name in exported, name
        for name, asked in LABELS.findall(query):
            assert set(re.findall(r"(\w+)[=!~]", asked)) <= exported[name], query
    grouped = [(query, names) for query in QUERIES for names in re.findall(r"by \(([^)]*)\)", query)]
    for query, names in grouped:
        for label in set(names.replace(" ", "").split(",")) - {"le"}:
            assert any(label in exported[name] for name in OURS.findall(query)), (query, label)


@pytest.mark.django_db
def test_codes_that_rules_name_are_codes_of_the_portal() -> None:
    from portal.analyses import limits

    assert f'code="{limits.Busy.code}"' in next(rule["expr"] for rule in RULES if rule["alert"] == "UploadsTurnedAway")
    assert Analysis.Status.FAILED == "failed"
