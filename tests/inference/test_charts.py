"""The pictures of a model card say what the metrics say, to eyes and to screen readers, and need no inline style."""

import re
from xml.etree import ElementTree

import pytest

from inference import charts

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    {"threshold": 0.0, "sensitivity": 1.0, "specificity": 0.0},
    {"threshold": 0.5, "sensitivity": 0.9, "specificity": 0.8},
    {"threshold": 1.0, "sensitivity": 0.0, "specificity": 1.0},
]
METRICS = {"threshold": 0.37, "sensitivity": 0.95, "specificity": 0.7, "auc": 0.91, "operating_points": ROWS}
BINS = {
    "calibration_error": 0.02,
    "calibration": [{"probability": 0.1, "observed": 0.0, "images": 90}, {"probability": 0.8, "observed": 0.75, "images": 40}],
}


def numbers(points: str) -> list[list[float]]:
    return [[float(value) for value in pair.split(",")] for pair in points.split()]


def test_rates_are_read_between_the_measured_points() -> None:
    assert charts.rates(METRICS, 0.5) == (0.9, 0.8)
    assert charts.rates(METRICS, 0.25) == pytest.approx((0.95, 0.4))
    assert charts.rates(METRICS, 0.75) == pytest.approx((0.45, 0.9))
    assert charts.rates({"operating_points": ROWS[1:2]}, 0.1) == (0.9, 0.8)


def test_what_was_measured_at_a_threshold_goes_before_what_lies_between() -> None:
    assert charts.rates(METRICS, 0.37) == (0.95, 0.7)


def test_older_metrics_tell_the_shipped_threshold_only() -> None:
    older = {name: value for name, value in METRICS.items() if name != "operating_points"}
    assert charts.rates(older, 0.37) == (0.95, 0.7)
    assert charts.rates(older, 0.38) is None
    assert charts.rates({}, 0.5) is None
    assert charts.roc_svg(older, 0.37) == charts.calibration_svg(older) == ""


def test_the_roc_curve_rises_from_corner_to_corner_and_the_diamond_lies_on_it() -> None:
    svg = ElementTree.fromstring(charts.roc_svg(METRICS, 0.5))
    curve = numbers(next(line for line in svg.iter(f"{SVG}polyline")).attrib["points"])
    assert curve == sorted(curve, key=lambda place: (place[0], -place[1]))
    left, bottom, right, top = *curve[0], *curve[-1]
    diamond = numbers(next(shape for shape in svg.iter(f"{SVG}polygon")).attrib["points"])
    x, y = (sum(place[i] for place in diamond) / 4 for i in (0, 1))
    assert x == pytest.approx(left + 0.2 * (right - left), abs=0.1)
    assert y == pytest.approx(bottom + 0.9 * (top - bottom), abs=0.1)
    assert [x, y] in [pytest.approx(place, abs=0.1) for place in curve]


def test_moving_the_threshold_moves_the_diamond_and_its_words() -> None:
    first, second = charts.roc_svg(METRICS, 0.5), charts.roc_svg(METRICS, 0.75)
    assert "threshold 0.5" in first
    assert "sensitivity 90.0 %" in first
    assert "threshold 0.75" in second
    assert "sensitivity 45.0 %" in second
    assert first != second


def test_a_dot_of_the_calibration_curve_lies_at_what_was_seen_inside_its_whisker() -> None:
    svg = ElementTree.fromstring(charts.calibration_svg(BINS))
    dots = list(svg.iter(f"{SVG}circle"))
    whiskers = [line for line in svg.iter(f"{SVG}line") if line.get("class") == "chart-whisker"]
    assert len(dots) == len(whiskers) == 2
    for dot, whisker in zip(dots, whiskers, strict=True):
        assert float(whisker.attrib["y2"]) <= float(dot.attrib["cy"]) <= float(whisker.attrib["y1"])
    assert float(dots[0].attrib["r"]) > float(dots[1].attrib["r"])
    assert float(dots[0].attrib["cy"]) > float(dots[1].attrib["cy"])


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert charts.wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # as tabulated, e.g. by statsmodels
    assert charts.wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@pytest.mark.parametrize("drawn", [charts.roc_svg(METRICS, 0.4), charts.calibration_svg(BINS)])
def test_a_chart_stands_alone_is_described_and_carries_no_style_or_script(drawn: str) -> None:
    svg = ElementTree.fromstring(drawn)
    assert svg.tag == f"{SVG}svg"
    ids = svg.attrib["aria-labelledby"].split()
    described = {part.get("id"): part.text for part in svg if part.tag in (f"{SVG}title", f"{SVG}desc")}
    assert list(described) == ids
    assert all(described.values())
    assert not re.search(r"style=|<style|<script|\son\w+=|href", drawn)
