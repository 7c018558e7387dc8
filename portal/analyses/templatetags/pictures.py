"""Small drawings and words that the pages share."""

from datetime import timedelta
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inference.diseases import Disease
from portal.analyses.models import Analysis
from portal.scans.models import Scan

register = template.Library()

STATUS = {
    Analysis.Status.QUEUED: ("waiting", "clock", gettext_lazy("Waiting for the model")),
    Analysis.Status.RUNNING: ("working", "eye-look", gettext_lazy("Being looked at")),
    Analysis.Status.REJECTED: ("attention", "alert", gettext_lazy("Could not be read")),
    Analysis.Status.FAILED: ("attention", "alert", gettext_lazy("Failed on our side")),
    Analysis.Status.CANCELLED: ("waiting", "cross", gettext_lazy("Cancelled")),
}
REPORT = {
    "preliminary": ("working", "clock", gettext_lazy("Preliminary: the model has answered")),
    "final": ("settled", "check", gettext_lazy("Final: a practitioner has answered")),
    "amended": ("settled", "check", gettext_lazy("Amended by a practitioner")),
}


@register.simple_tag
@cache
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
    words = _("{filled} of 100 dots are filled").format(filled=filled)
    return mark_safe(f'<svg class="icons10" viewBox="0 0 100 100" role="img" aria-label="{escape(words)}">{dots}</svg>')  # noqa: S308


@register.filter
def of_hundred(probability: float) -> int:
    return round(probability * 100)


@register.filter
def side_of(scan: Scan, disease: Disease) -> str:
    """Which of two a scan of this disease shows, in words; empty where it is not known or not asked."""
    side = disease.side(scan.laterality)
    return _(side) if side else ""


@register.filter
def percent(value: float | None) -> str:
    return _("not measured") if value is None else f"{value * 100:.1f} %"


@register.filter
def span(value: timedelta | None) -> str:
    """5 h 10, 12 min, 3 days: as people say it."""
    if value is None:
        return ""
    minutes = max(0, int(value.total_seconds() // 60))
    if minutes < 60:
        return _("{minutes} min").format(minutes=minutes)
    hours = minutes // 60
    if hours < 48:
        return _("{hours} h {minutes}").format(hours=hours, minutes=f"{minutes % 60:02}")
    return ngettext("{days} day", "{days} days", hours // 24).format(days=hours // 24)


@register.filter
def wait_words(seconds: int) -> str:
    """When the answer should be here, not finer than it is known."""
    if seconds < 10:
        return _("The answer should be here in a few seconds.")
    if seconds < 90:
        return _("The answer should be here in about {seconds} seconds.").format(seconds=round(seconds / 10) * 10)
    return _("The answer should be here in about {minutes} minutes.").format(minutes=round(seconds / 60))


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
