"""What a reader measured in the picture: lines between two of its points, and a calibration, from a line whose length they knew.

Points and lengths are in pixels of the upright picture, as it is kept. Millimetres are known by a calibration alone: of a JPEG or PNG there
is no spacing in the body, since the densities that such files can name are of paper and screens.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from portal.scans.models import Scan

MOST = 50  # lines of one reading
SHORTEST = 1.0  # pixels
LONGEST = 10_000.0  # millimetres of a known length
ENDS = ("x1", "y1", "x2", "y2")


class MeasurementsRefused(Exception):
    """Not a measurement of this picture. `message` is for people."""

    code = "measurement_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def checked(scan: Scan, said: Any) -> dict[str, Any]:
    """The measurements as they are kept: `lines` (number; x1, y1, x2, y2 in pixels), and `calibration` (`pixels` are so many
    `millimetres`) if there is one. Empty where nothing was measured. Raises MeasurementsRefused."""
    if said in (None, {}, ""):
        return {}
    if not isinstance(said, Mapping):
        raise MeasurementsRefused(_("Measurements are lines, and perhaps a calibration."))
    lines, calibration = said.get("lines") or [], said.get("calibration")
    if not isinstance(lines, Sequence) or isinstance(lines, str) or len(lines) > MOST:
        raise MeasurementsRefused(_("Measurements are a list of at most {most} lines.").format(most=MOST))
    kept: dict[str, Any] = {"lines": [_line(scan, line) for line in lines]} if lines else {}
    if len({line["number"] for line in kept.get("lines", [])}) < len(lines):
        raise MeasurementsRefused(_("Two lines have the same number."))
    return {**kept, "calibration": _calibration(scan, calibration)} if calibration else kept


def known(scan: Scan, said: Any) -> dict[str, Any]:
    """The same of a draft, which nobody has checked yet: nothing where it is not right."""
    try:
        return checked(scan, said)
    except MeasurementsRefused:
        return {}


def worded(measurements: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and length of each line: ("Line 1", "65.0 mm, calibrated by the reader (130.0 px)")."""
    calibration = measurements.get("calibration")
    return [(_("Line {number}").format(number=line["number"]), _length(line, calibration)) for line in measurements.get("lines", [])]


def _length(line: Mapping[str, Any], calibration: Mapping[str, float] | None) -> str:
    pixels = math.hypot(line["x2"] - line["x1"], line["y2"] - line["y1"])
    if not calibration:
        return f"{pixels:.1f} px"
    length = pixels * calibration["millimetres"] / calibration["pixels"]
    return _("{length} mm, calibrated by the reader ({pixels} px)").format(length=f"{length:.1f}", pixels=f"{pixels:.1f}")


def _line(scan: Scan, line: Any) -> dict[str, Any]:
    if not isinstance(line, Mapping):
        raise MeasurementsRefused(_("A line is its number and two points."))
    number = line.get("number")
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number < 10_000:
        raise MeasurementsRefused(_("A line has a number, from 1 on."))
    ends = {
        name: _within(
            line.get(name), 0, scan.width if name[0] == "x" else scan.height, _("Line {number}, {end}").format(number=number, end=name)
        )
        for name in ENDS
    }
    if math.hypot(ends["x2"] - ends["x1"], ends["y2"] - ends["y1"]) < SHORTEST:
        raise MeasurementsRefused(_("The ends of line {number} lie on each other.").format(number=number))
    return {"number": number, **ends}


def _calibration(scan: Scan, calibration: Any) -> dict[str, float]:
    if not isinstance(calibration, Mapping):
        raise MeasurementsRefused(_("A calibration says how many millimetres so many pixels are."))
    return {
        "pixels": _within(calibration.get("pixels"), SHORTEST, math.hypot(scan.width, scan.height), _("The calibration's pixels")),
        "millimetres": _within(calibration.get("millimetres"), 0.01, LONGEST, _("The calibration's millimetres")),
    }


def _within(value: Any, low: float, high: float, name: str) -> float:
    """A number in these bounds; what is not a number, or not finite, is in none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise MeasurementsRefused(
            _("{name}: a number from {low} to {high} is wanted.").format(name=name, low=f"{low:g}", high=f"{high:.0f}")
        )
    return round(float(value), 2)
