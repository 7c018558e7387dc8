"""Figures as people read them."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inference import charts
from portal.figures.measures import FEWEST, Agreement, Share

register = template.Library()


@register.filter
def share(value: Share) -> str:
    """92 % (81 to 97 %, n = 50), or why there is none."""
    if value.value is None or value.interval is None:
        return _("too few (n = {n})").format(n=value.n)
    low, high = value.interval
    return _("{share} % ({low} to {high} %, n = {n})").format(
        share=f"{value.value * 100:.0f}", low=f"{low * 100:.0f}", high=f"{high * 100:.0f}", n=value.n
    )


@register.filter
def kappa(value: Agreement) -> str:
    if not value.is_said:
        return _("fewer than {fewest} (n = {n})").format(fewest=FEWEST, n=value.n)
    if value.kappa is None or value.interval is None:
        return _("can not be told: one always answered the same")
    low, high = value.interval
    return _("{kappa} ({low} to {high})").format(kappa=f"{value.kappa:.2f}", low=f"{low:.2f}", high=f"{high:.2f}")


@register.simple_tag
def live_calibration(metrics: dict[str, Any]) -> SafeString:
    return mark_safe(charts.calibration_svg(metrics, _))  # noqa: S308  (numbers of our own counting, escaped by ElementTree)
