"""The ROC curve and the calibration curve of a model version, drawn from its metrics as stand-alone SVG.

Colours are presentation attributes, which the style sheet of a page may override by class; there is no style attribute and no script, so
that a strict content security policy lets the pictures through. What colour says, words or shapes say too. Words are English unless a
translator is given.
"""

import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from inference.words import _

_INK, _MUTED, _LINE, _GROUND, _CURVE, _POINT = "#14202b", "#566472", "#dfe5ea", "#ffffff", "#0b6e75", "#9a5b00"
_WIDTH, _HEIGHT = 396, 384
_LEFT, _TOP, _SIDE = 62, 16, 300
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_Z95 = 1.959964
Translator = Callable[[str], str]


def rates(metrics: dict[str, Any], threshold: float) -> tuple[float, float] | None:
    """Sensitivity and specificity at a threshold (0 to 1), each 0 to 1; None when the metrics do not tell.

    The figures that were measured at exactly this threshold go first; elsewhere the table of operating points is read, linearly between
    its rows, as the ROC curve is drawn.
    """
    if threshold == metrics.get("threshold") and None not in (metrics.get("sensitivity"), metrics.get("specificity")):
        return metrics["sensitivity"], metrics["specificity"]
    rows = _points(metrics)
    if not rows or not 0 <= threshold <= 1:
        return None
    below = [row for row in rows if row["threshold"] <= threshold]
    above = [row for row in rows if row["threshold"] >= threshold]
    first, last = (below or rows)[-1 if below else 0], (above or rows)[0 if above else -1]
    span = last["threshold"] - first["threshold"]
    part = (threshold - first["threshold"]) / span if span > 0 else 0.0
    sensitivity, specificity = (first[name] + part * (last[name] - first[name]) for name in ("sensitivity", "specificity"))
    return sensitivity, specificity


def roc_svg(metrics: dict[str, Any], threshold: float, translate: Translator = str) -> str:
    """The ROC curve with a diamond at this threshold; empty when the metrics hold no operating points."""
    rows = _points(metrics)
    if not rows:
        return ""
    here = rates(metrics, threshold)
    said = [translate(_("Sensitivity against the share of healthy pictures that are called suspicious, over all thresholds."))]
    area = f"{metrics['auc']:.3f}" if metrics.get("auc") is not None else ""
    if area:
        said.append(translate(_("The area under the curve is {area}.")).format(area=area))
    if here is None:
        said.append(translate(_("The diamond marks the threshold {threshold}.")).format(threshold=f"{threshold:.3g}"))
    else:
        told = translate(_("The diamond marks the threshold {threshold}, sensitivity {sensitivity}, specificity {specificity}."))
        said.append(told.format(threshold=f"{threshold:.3g}", sensitivity=_percent(here[0], 1), specificity=_percent(here[1], 1)))
    svg = _canvas(
        "roc",
        translate(_("ROC curve")),
        " ".join(said),
        translate(_("healthy called positive (1 - specificity)")),
        translate(_("diseased found (sensitivity)")),
    )
    _diagonal(svg, translate(_("dashed: a coin")))
    corners = [(0.0, 0.0), *sorted((1 - row["specificity"], row["sensitivity"]) for row in rows), (1.0, 1.0)]
    _add(svg, "polyline", {"class": "chart-curve", "points": _path(corners), "fill": "none", "stroke": _CURVE, "stroke-width": "2.5"})
    if here is not None:
        _mark(svg, threshold, *here, translate)
    if area:
        _words(svg, 0.97, 0.1, f"AUC {area}", anchor="end")
    return _text(svg)


def calibration_svg(metrics: dict[str, Any], translate: Translator = str) -> str:
    """How often a probability was right: observed share over predicted, a dot a bin; empty when the metrics hold no bins.

    Whiskers are 95 % Wilson intervals (Wilson 1927), as if every picture were another patient's; dots grow with the number of pictures.
    """
    bins = [row for row in metrics.get("calibration") or () if row.get("images")]
    if not bins:
        return ""
    error = metrics.get("calibration_error")
    said = [translate(_("The share of pictures that show the disease, over the probability that the model gave."))]
    if error is not None:
        said.append(translate(_("The expected calibration error is {error}.")).format(error=f"{error:.3f}"))
    dot_words = translate(_("{predicted} predicted, {seen} seen, {count} pictures"))
    listed = [dot_words.format(predicted=_percent(row["probability"]), seen=_percent(row["observed"]), count=row["images"]) for row in bins]
    said.append("; ".join(listed) + ".")
    svg = _canvas(
        "calibration",
        translate(_("Calibration curve")),
        " ".join(said),
        translate(_("probability that the model gave")),
        translate(_("share that shows the disease")),
    )
    _diagonal(svg, translate(_("dashed: perfect")))
    dots = [(row["probability"], row["observed"]) for row in bins]
    _add(
        svg,
        "polyline",
        {"class": "chart-curve", "points": _path(dots), "fill": "none", "stroke": _CURVE, "stroke-width": "1.5"},
    )
    most = max(row["images"] for row in bins)
    for row, words, (x, y) in zip(bins, listed, dots, strict=True):
        low, high = wilson(y, row["images"])
        ends = {"x1": _x(x), "x2": _x(x), "y1": _y(low), "y2": _y(high)}
        _add(svg, "line", {"class": "chart-whisker", **ends, "stroke": _CURVE, "stroke-width": "1.5"})
        radius = f"{3 + 5 * math.sqrt(row['images'] / most):.1f}"
        dot = _add(svg, "circle", {"class": "chart-dot", "cx": _x(x), "cy": _y(y), "r": radius, "fill": _CURVE})
        ElementTree.SubElement(dot, "title").text = words
    if error is not None:
        _words(svg, 0.97, 0.1, translate(_("calibration error {error}")).format(error=f"{error:.3f}"), anchor="end")
    return _text(svg)


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share (0 to 1) seen in `count` > 0 trials (Wilson 1927)."""
    middle = share + _Z95**2 / (2 * count)
    spread = _Z95 * math.sqrt(share * (1 - share) / count + _Z95**2 / (4 * count**2))
    whole = 1 + _Z95**2 / count
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def _percent(share: float, places: int = 0) -> str:
    return f"{share * 100:.{places}f} %"


def _points(metrics: dict[str, Any]) -> list[dict[str, float]]:
    return sorted(metrics.get("operating_points") or (), key=lambda row: row["threshold"])


def _x(share: float) -> str:
    return f"{_LEFT + _SIDE * share:.1f}"


def _y(share: float) -> str:
    return f"{_TOP + _SIDE * (1 - share):.1f}"


def _path(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{_x(x)},{_y(y)}" for x, y in places)


def _add(parent: ElementTree.Element, tag: str, attributes: dict[str, str]) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _words(svg: ElementTree.Element, x: float, y: float, words: str, anchor: str = "start", **more: str) -> ElementTree.Element:
    """Words at a place of the plot, in its shares."""
    attributes = {"class": "chart-words", "x": _x(x), "y": _y(y), "text-anchor": anchor, "fill": _INK, **more}
    text = _add(svg, "text", attributes)
    text.text = words
    return text


def _canvas(name: str, title: str, description: str, across: str, up: str) -> ElementTree.Element:
    """A square plot from 0 to 100 % with its grid, axes, title and description."""
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart",
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-description",
            "font-family": "system-ui, sans-serif",
            "font-size": "13",
        },
    )
    _add(svg, "title", {"id": f"{name}-title"}).text = title
    _add(svg, "desc", {"id": f"{name}-description"}).text = description
    _add(svg, "rect", {"class": "chart-ground", "width": str(_WIDTH), "height": str(_HEIGHT), "fill": _GROUND})
    for tick in _TICKS:
        for ends in (
            {"x1": _x(tick), "x2": _x(tick), "y1": _y(0), "y2": _y(1)},
            {"x1": _x(0), "x2": _x(1), "y1": _y(tick), "y2": _y(tick)},
        ):
            _add(svg, "line", {"class": "chart-grid", **ends, "stroke": _LINE})
        muted = {"class": "chart-muted", "fill": _MUTED}
        _words(svg, tick, -0.06, _percent(tick), "middle", **muted)
        _words(svg, -0.02, tick - 0.015, _percent(tick), "end", **muted)
    _words(svg, 0.5, -0.14, across, "middle")
    middle = f"{_TOP + _SIDE / 2:.1f}"
    upright = {
        "class": "chart-words",
        "x": "14",
        "y": middle,
        "text-anchor": "middle",
        "fill": _INK,
        "transform": f"rotate(-90 14 {middle})",
    }
    _add(svg, "text", upright).text = up
    return svg


def _diagonal(svg: ElementTree.Element, words: str) -> None:
    """The dashed line from corner to corner, and in the free corner below it what it stands for."""
    ends = {"x1": _x(0), "y1": _y(0), "x2": _x(1), "y2": _y(1)}
    _add(svg, "line", {"class": "chart-edge", **ends, "stroke": _MUTED, "stroke-dasharray": "4 4"})
    _words(svg, 0.97, 0.04, words, "end", **{"class": "chart-muted", "fill": _MUTED})


def _mark(svg: ElementTree.Element, threshold: float, sensitivity: float, specificity: float, translate: Translator) -> None:
    """A diamond on the curve, and beside it, where the curve never runs, what it stands for."""
    x, y = 1 - specificity, sensitivity
    _add(svg, "line", {"class": "chart-edge", "x1": _x(x), "y1": _y(y), "x2": _x(0.5), "y2": _y(0.385), "stroke": _MUTED})
    cx, cy = float(_x(x)), float(_y(y))
    diamond = " ".join(f"{cx + dx:.1f},{cy + dy:.1f}" for dx, dy in ((0, -7), (7, 0), (0, 7), (-7, 0)))
    _add(
        svg,
        "polygon",
        {"class": "chart-point", "points": diamond, "fill": _POINT, "stroke": _GROUND, "stroke-width": "1.5"},
    )
    lines = (
        translate(_("threshold {value}")).format(value=f"{threshold:.3g}"),
        translate(_("sensitivity {value}")).format(value=_percent(sensitivity, 1)),
        translate(_("specificity {value}")).format(value=_percent(specificity, 1)),
    )
    for number, line in enumerate(lines):
        _words(svg, 0.51, 0.34 - 0.06 * number, line)


def _text(svg: ElementTree.Element) -> str:
    return ElementTree.tostring(svg, encoding="unicode")
