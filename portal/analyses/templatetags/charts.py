"""The pictures and words of a model card."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inference import charts

register = template.Library()


@register.simple_tag
def roc(metrics: dict[str, Any], threshold: float) -> SafeString:
    """The ROC curve with this threshold marked; empty when it was not measured."""
    return mark_safe(charts.roc_svg(metrics, threshold, _))  # noqa: S308  (numbers of our own evaluation, escaped by ElementTree)


@register.simple_tag
def calibration(metrics: dict[str, Any]) -> SafeString:
    return mark_safe(charts.calibration_svg(metrics, _))  # noqa: S308  (as above)


@register.filter
def plain(value: float) -> str:
    """A threshold without zeros that say nothing: 0.25, 0.3684."""
    return f"{value:.4g}"


@register.filter
def interval(bounds: list[float] | None) -> str:
    """A 95 % interval of shares, in percent."""
    return "" if not bounds else _("{low} to {high} %").format(low=f"{bounds[0] * 100:.1f}", high=f"{bounds[1] * 100:.1f}")


@register.filter
def interval3(bounds: list[float] | None) -> str:
    """A 95 % interval of plain numbers, to three places."""
    return "" if not bounds else _("{low} to {high}").format(low=f"{bounds[0]:.3f}", high=f"{bounds[1]:.3f}")


@register.filter
def classes(counts: dict[str, int], disease: Any) -> list[tuple[str, int]]:
    """How many pictures of each class, in the catalogue's order, in plain words."""
    return [(_(words), counts[code]) for code, words in disease.classes.items() if code in counts]


@register.filter
def counted(counts: dict[str, int]) -> str:
    """2 wrong_modality, 1 too_blurred."""
    return ", ".join(f"{count} {code}" for code, count in counts.items())


@register.filter
def grouped(groups: list[dict[str, Any]] | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """The groups of the evaluation by what divides them: source, age, sex."""
    kinds = dict.fromkeys(group["by"] for group in groups or ())
    return [(kind, [group for group in groups or () if group["by"] == kind]) for kind in kinds]
