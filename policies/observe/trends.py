"""The chart of the days that are kept: the fleet's findings as areas one upon the other, drawn by the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from policies.domain.status import Findings
from policies.observe.charts import TONES
from policies.observe.filters import NodeFilter
from policies.observe.tallies import Numbers

WIDTH, HEIGHT = 720, 160
DAYS_IN_TABLE = 7
"""The table beside the chart has each seventh day; the file has all of them."""
STACK = sorted(Findings, key=list(TONES).index, reverse=True)
"""From the bottom up, the worst at the top, as in every chart."""


@dataclass(frozen=True)
class Area:
    """One status over the days; `path` is an SVG path in a box of WIDTH by HEIGHT."""

    status: Findings
    tone: str
    path: str
    url: str


@dataclass(frozen=True)
class Trend:
    """A stacked area chart; `top` is the number of nodes at its upper edge."""

    first: date
    last: date
    top: int
    areas: tuple[Area, ...]
    rows: tuple[tuple[date, Numbers], ...]


def draw_trend(days: Sequence[tuple[date, Numbers]], wanted: NodeFilter) -> Trend | None:
    """The days in their order; None when there are fewer than two, or never was a node."""
    top = max((told.nodes for _, told in days), default=0)
    if len(days) < 2 or not top:
        return None
    xs = [_across(day, days[0][0], days[-1][0]) for day, _ in days]
    lower, areas = [0] * len(days), []
    for status in STACK:
        upper = [below + told.findings[status] for below, (_, told) in zip(lower, days, strict=True)]
        path = _path(xs, [_up(count, top) for count in upper], [_up(count, top) for count in lower])
        areas.append(Area(status, TONES[status], path, reverse("node_list") + wanted.query(findings=status)))
        lower = upper
    return Trend(days[0][0], days[-1][0], top, tuple(areas), tuple(days[::-1][::DAYS_IN_TABLE]))


def _across(day: date, first: date, last: date) -> float:
    return WIDTH * (day - first).days / (last - first).days


def _up(count: int, top: int) -> float:
    return HEIGHT - HEIGHT * count / top


def _path(xs: Sequence[float], upper: Sequence[float], lower: Sequence[float]) -> str:
    """Along the upper edge from left to right and back along the lower one."""
    there = [f"{x:.1f},{y:.1f}" for x, y in zip(xs, upper, strict=True)]
    back = [f"{x:.1f},{y:.1f}" for x, y in zip(reversed(xs), reversed(lower), strict=True)]
    return f"M{' L'.join([*there, *back])} Z"
