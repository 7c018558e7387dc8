"""How soon a scan should be read, and why.

The rule is RULES: each line that holds asks for an urgency, and the most urgent one wins. A practitioner's own flag goes before it
(flags.py). The queue is ordered by a due time: opened plus the target of the disease and urgency (targets.py). So an urgent scan goes
first, and every other one moves up as it waits: what comes after a scan fell due is never read before it (earliest deadline first, Liu
and Layland 1973; tests/portal/test_queue_order.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.analyses.models import Analysis

from .models import Review
from .models.worklist import Urgency

VERY_LIKELY = 0.95
PERCENT = f"{VERY_LIKELY:.0%}"


@dataclass(frozen=True)
class Rule:
    """What asks for an urgency. `words` complete "urgent, because ..."; {symptoms} and {red_flags} are what the patient ticked, {percent}
    is VERY_LIKELY."""

    code: str
    urgency: Urgency
    words: str | Promise
    holds: Callable[[Analysis], bool]
    by_model: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a review has its urgency, for people and programs."""

    code: str
    words: str | Promise


URGENT, SOON, ROUTINE = Urgency.URGENT, Urgency.SOON, Urgency.ROUTINE
SUSPICIOUS, UNCERTAIN = Analysis.Outcome.SUSPICIOUS, Analysis.Outcome.UNCERTAIN

RULES = (
    Rule("red_flag", URGENT, _("the patient ticked what needs help now: {red_flags}"), lambda a: a.has_red_flag),
    Rule("very_likely", URGENT, _("the model's probability is {percent} or more"), lambda a: (a.probability or 0) >= VERY_LIKELY, True),
    Rule("suspicious", SOON, _("the model finds signs of the disease"), lambda a: a.outcome == SUSPICIOUS, True),
    Rule("uncertain", SOON, _("the model can not tell"), lambda a: a.outcome == UNCERTAIN, True),
    Rule("finding", SOON, _("what the model finds needs a clinic by itself"), lambda a: a.finding in a.catalogue.finding_steps, True),
    Rule("symptoms", SOON, _("the patient ticked: {symptoms}"), lambda a: bool(a.symptoms)),
)
CLOSED = Reason("model", _("the model's answer asks for it, which stays closed until your own reading is kept"))
NOTHING = Reason("nothing", _("nothing asks for it to be read sooner"))


def urgency_of(analysis: Analysis) -> Urgency:
    """What the rule says."""
    return _most_urgent([rule for rule in RULES if rule.holds(analysis)])


def reasons_of(review: Review, *, revealed: bool, to_patient: bool = False) -> list[Reason]:
    """Why it has its urgency. To a reader whose own reading is not kept the model's part is named only where nothing else explains the
    urgency, and never what it is: they learn no more than the order of the queue tells."""
    analysis, flag = review.analysis, getattr(review, "flag", None)
    reasons = []
    if flag is not None:
        reasons.append(Reason("flag", str(flag) if to_patient else f"{flag}: {flag.reason}"))  # its reason is written for the next reader
    holding = [rule for rule in RULES if rule.holds(analysis)]
    told = holding if revealed else [rule for rule in holding if not rule.by_model]
    reasons += [Reason(rule.code, _words(rule, analysis)) for rule in told if not _is_said_already(rule, told, analysis)]
    if flag is None and _most_urgent(told) != _most_urgent(holding):
        reasons.insert(0, CLOSED)
    return reasons or [NOTHING]


def rule_in_words() -> list[tuple[str, str]]:
    """The whole rule, by urgency, for who wants to know it before any scan."""
    words = {"red_flags": gettext("a red flag"), "symptoms": gettext("any other symptom"), "percent": PERCENT}
    told = [(str(level.label), [str(rule.words).format(**words) for rule in RULES if rule.urgency == level]) for level in (URGENT, SOON)]
    return [(label, "; ".join(lines)) for label, lines in told] + [(str(ROUTINE.label), gettext("nothing of these"))]


def _most_urgent(rules: list[Rule]) -> Urgency:
    return min((rule.urgency for rule in rules), default=ROUTINE)


def _words(rule: Rule, analysis: Analysis) -> str:
    symptoms = [symptom for symptom in analysis.catalogue.symptoms if symptom.code in analysis.symptoms]
    red_flags = [gettext(symptom.words) for symptom in symptoms if symptom.red_flag]
    others = [gettext(symptom.words) for symptom in symptoms if not symptom.red_flag]
    return str(rule.words).format(red_flags=_listed(red_flags), symptoms=_listed(others), percent=PERCENT)


def _listed(words: list[str]) -> str:
    return ", ".join(words).lower()


def _is_said_already(rule: Rule, told: list[Rule], analysis: Analysis) -> bool:
    """A very likely one is suspicious; a red flag is a symptom."""
    if rule.code == "suspicious":
        return any(other.code == "very_likely" for other in told)
    return rule.code == "symptoms" and analysis.catalogue.red_flags.issuperset(analysis.symptoms)
