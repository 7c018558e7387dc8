"""Figures as people read them."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from inference import charts
from portal.figures.measures import FEWEST, Agreement, Share

register = template.Library()


@register.filter
def share(value: Share) -> str:
    """92 % (81 to 97 %, n = 50), or why there is none."""
    if value.value is None or value.interval is None:
        return f"too few (n = {value.n})"
    low, high = value.interval
    return f"{value.value:.0%} ({low * 100:.0f} to {high:.0%}, n = {value.n})".replace("%", " %")


@register.filter
def kappa(value: Agreement) -> str:
    if not value.is_said:
        return f"fewer than {FEWEST} (n = {value.n})"
    if value.kappa is None or value.interval is None:
        return "can not be told: one always answered the same"
    low, high = value.interval
    return f"{value.kappa:.2f} ({low:.2f} to {high:.2f})"


@register.simple_tag
def live_calibration(metrics: dict[str, Any]) -> SafeString:
    return mark_safe(charts.calibration_svg(metrics))  # noqa: S308  (numbers of our own counting, escaped by ElementTree)
