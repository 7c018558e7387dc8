"""A share over the weeks, drawn as SVG in the manner of inference.charts: no style attribute, no script; the table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .live import Week
from .measures import Share

MEASURES = {"sensitivity": _("Sensitivity"), "specificity": _("Specificity")}
TITLES = {"sensitivity": _("Sensitivity by week"), "specificity": _("Specificity by week")}
DESCRIPTIONS = {
    "sensitivity": _("The sensitivity of each week, with its {level} interval. {weeks}."),
    "specificity": _("The specificity of each week, with its {level} interval. {weeks}."),
}
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 260, 52, 12, 12, 36


@dataclass(frozen=True)
class Dot:
    """One week, in the chart's own units."""

    x: str
    y: str
    low: str
    high: str
    title: str


@dataclass(frozen=True)
class Chart:
    measure: str
    title: str
    dots: tuple[Dot, ...]
    path: str
    ticks: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    shipped: str
    description: str


def chart(weeks: Sequence[Week], *, measure: str, shipped: float | None) -> Chart | None:
    """None where no week has enough to say."""
    shares = [(week, getattr(week.counts, measure)) for week in weeks]
    said = [(week, share) for week, share in shares if share.is_said]
    if not said:
        return None
    first, last = said[0][0].start, said[-1][0].start
    span = max(1, (last - first).days)

    def x(week: Week) -> str:
        return f"{LEFT + 8 + (WIDTH - LEFT - RIGHT - 16) * (week.start - first).days / span:.1f}"

    dots = tuple(Dot(x(week), _y(share.value), _y(share.interval[0]), _y(share.interval[1]), _of_week(week, share)) for week, share in said)
    ends = said if len(said) < 3 else [said[0], said[-1]]
    listed = "; ".join(dot.title for dot in dots)
    return Chart(
        measure=measure,
        title=str(TITLES[measure]),
        dots=dots,
        path=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        ticks=tuple((_y(value), f"{value:.0%}") for value in (0, 0.25, 0.5, 0.75, 1)),
        labels=tuple((x(week), _day(week)) for week, _share in ends),
        shipped=_y(shipped) if shipped is not None else "",
        description=DESCRIPTIONS[measure].format(level="95 %", weeks=listed),
    )


def _day(week: Week) -> str:
    return date_format(week.start, "j M")


def _of_week(week: Week, share: Share) -> str:
    return gettext("{day}: {share} of {n}").format(day=_day(week), share=f"{share.value:.0%}", n=share.n)


def _y(value: float) -> str:
    return f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - value):.1f}"
