"""Small drawings and words that the pages share."""

from datetime import timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from inference.diseases import Disease
from portal.analyses.models import Analysis
from portal.scans.models import Scan

register = template.Library()

STATUS = {
    Analysis.Status.QUEUED: ("waiting", "clock", "Waiting for the model"),
    Analysis.Status.RUNNING: ("working", "eye-look", "Being looked at"),
    Analysis.Status.REJECTED: ("attention", "alert", "Could not be read"),
    Analysis.Status.FAILED: ("attention", "alert", "Failed on our side"),
    Analysis.Status.CANCELLED: ("waiting", "cross", "Cancelled"),
}
REPORT = {
    "preliminary": ("working", "clock", "Preliminary: the model has answered"),
    "final": ("settled", "check", "Final: a practitioner has answered"),
    "amended": ("settled", "check", "Amended by a practitioner"),
}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """One of the drawn icons; words stand beside it, so it is hidden from screen readers."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', size, static("img/icons.svg"), name)


@register.simple_tag
def state(analysis: Analysis) -> SafeString:
    """Where an analysis stands, as shape, colour and words."""
    kind, picture, words = STATUS.get(Analysis.Status(analysis.status)) or REPORT[analysis.report_status]
    return format_html('<span class="badge {}">{}{}</span>', kind, icon(picture), words)


@register.simple_tag
def icon_array(probability: float) -> SafeString:
    """100 dots, of which round(100 p) are filled (icon arrays: Galesic 2009). The sentence beside it says the same."""
    filled = round(probability * 100)
    dots = "".join(
        f'<circle class="{"yes" if i < filled else "no"}" cx="{5 + 10 * (i % 10)}" cy="{5 + 10 * (i // 10)}" r="3.6"/>' for i in range(100)
    )
    return mark_safe(f'<svg class="icons10" viewBox="0 0 100 100" role="img" aria-label="{filled} of 100 dots are filled">{dots}</svg>')  # noqa: S308


@register.filter
def of_hundred(probability: float) -> int:
    return round(probability * 100)


@register.filter
def in_sentence(name: str) -> str:
    """A disease's name in the middle of a sentence: Malaria becomes malaria, COVID-19 stays."""
    return name if name.isupper() else name.lower()


@register.filter
def side_of(scan: Scan, disease: Disease) -> str:
    """Which of two a scan of this disease shows, in words; empty where it is not known or not asked."""
    return disease.side(scan.laterality)


@register.filter
def percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value * 100:.1f} %"


@register.filter
def span(value: timedelta | None) -> str:
    """5 h 10, 12 min, 3 days: as people say it."""
    if value is None:
        return ""
    minutes = max(0, int(value.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02}" if hours < 48 else f"{hours // 24} days"


@register.filter
def wait_words(seconds: int) -> str:
    """An estimate, not finer than it is."""
    if seconds < 10:
        return "in a few seconds"
    if seconds < 90:
        return f"in about {round(seconds / 10) * 10} seconds"
    return f"in about {round(seconds / 60)} minutes"


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The page's query string with changes; None takes a name out."""
    values = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = str(value)
    return values.urlencode()


@register.simple_tag
def waited(since: object, now: object) -> str:
    """How long something has waited."""
    return span(now - since)  # type: ignore[operator]
