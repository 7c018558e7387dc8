"""Shares and agreement with their intervals, computed from counts. Of fewer than ten nothing is said: it would be noise, or a person."""

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from inference.charts import wilson

FEWEST = 10
Z95 = 1.959964


@dataclass(frozen=True)
class Share:
    """`part` of `n`, with the 95 % Wilson interval; value and interval are None where n is too small to say."""

    part: int
    n: int

    @property
    def is_said(self) -> bool:
        return self.n >= FEWEST

    @property
    def value(self) -> float | None:
        return self.part / self.n if self.is_said else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.part / self.n, self.n) if self.is_said else None


@dataclass(frozen=True)
class Agreement:
    """How often two say the same, and how much of that is more than chance (Cohen's kappa)."""

    agreed: Share
    kappa: float | None
    interval: tuple[float, float] | None

    @property
    def n(self) -> int:
        return self.agreed.n

    @property
    def is_said(self) -> bool:
        return self.agreed.is_said


def agreement(pairs: Mapping[tuple[Hashable, Hashable], int]) -> Agreement:
    """Of counted pairs (what one said, what the other said).

    Kappa is that of Cohen 1960 (doi:10.1177/001316446002000104), its 95 % interval by the large-sample standard error of Fleiss, Cohen and
    Everitt 1969 (doi:10.1037/h0028106), cut to -1 .. 1. None where nothing
    can be said: too few, or one of the two always gave the same answer.
    """
    n = sum(pairs.values())
    agreed = Share(sum(count for (one, other), count in pairs.items() if one == other), n)
    if not agreed.is_said:
        return Agreement(agreed, None, None)
    rows: dict[Hashable, float] = defaultdict(float)
    columns: dict[Hashable, float] = defaultdict(float)
    for (one, other), count in pairs.items():
        rows[one] += count / n
        columns[other] += count / n
    observed = agreed.part / n
    expected = sum(rows[name] * columns.get(name, 0.0) for name in rows)
    if len(rows) < 2 or len(columns) < 2:
        return Agreement(agreed, None, None)
    kappa = (observed - expected) / (1 - expected)
    spread = Z95 * _standard_error(pairs, rows, columns, observed, expected, n)
    return Agreement(agreed, kappa, (max(-1.0, kappa - spread), min(1.0, kappa + spread)))


def _standard_error(
    pairs: Mapping[tuple[Hashable, Hashable], int],
    rows: Mapping[Hashable, float],
    columns: Mapping[Hashable, float],
    observed: float,
    expected: float,
    n: int,
) -> float:
    same = sum(
        count / n * ((1 - expected) - (rows.get(one, 0.0) + columns.get(one, 0.0)) * (1 - observed)) ** 2
        for (one, other), count in pairs.items()
        if one == other
    )
    apart = sum(count / n * (columns.get(one, 0.0) + rows.get(other, 0.0)) ** 2 for (one, other), count in pairs.items() if one != other)
    rest = (observed * expected - 2 * expected + observed) ** 2
    return math.sqrt(max(0.0, same + (1 - observed) ** 2 * apart - rest) / n) / (1 - expected) ** 2
