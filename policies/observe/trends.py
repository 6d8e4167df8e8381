"""The chart of the days that are kept: the fleet's findings as areas one upon the other, drawn by the server.

A line marks each day on which nodes got another override file: what looks like news of the nodes may be news of the
rules that they are judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from django.urls import reverse

from policies.domain.status import Findings
from policies.models import OverrideVersion
from policies.observe.charts import TONES
from policies.observe.filters import NodeFilter
from policies.observe.tallies import Numbers

WIDTH, HEIGHT = 720, 160
DAYS_IN_TABLE = 7
"""The table beside the chart has each seventh day; the file has all of them."""
STACK = sorted(Findings, key=list(TONES).index, reverse=True)
"""From the bottom up, the worst at the top, as in every chart."""
MOST_CHANGES, CHANGES_NAMED = 500, 5
"""Versions of override files that one chart marks, and how many of them it names."""


@dataclass(frozen=True)
class Area:
    """One status over the days; `path` is an SVG path in a box of WIDTH by HEIGHT."""

    status: Findings
    tone: str
    path: str
    url: str


@dataclass(frozen=True)
class Trend:
    """A stacked area chart; `top` is the number of nodes at its upper edge, `changes` come the newest first."""

    first: date
    last: date
    top: int
    areas: tuple[Area, ...]
    rows: tuple[tuple[date, Numbers], ...]
    changes: tuple[OverrideVersion, ...] = ()

    @cached_property
    def marks(self) -> list[str]:
        """Where the lines of the days with changes stand, from left to right."""
        days = {change.live_at.astimezone(UTC).date() for change in self.changes if change.live_at}
        return [f"{_across(day, self.first, self.last):.1f}" for day in sorted(days)]

    @property
    def named_changes(self) -> tuple[OverrideVersion, ...]:
        """The newest of them."""
        return self.changes[:CHANGES_NAMED]

    @property
    def unnamed_changes(self) -> int:
        """How many are older than those."""
        return max(0, len(self.changes) - CHANGES_NAMED)


def read_changes(days: Sequence[tuple[date, Numbers]], wanted: NodeFilter) -> tuple[OverrideVersion, ...]:
    """Versions of override files that went live in these days of AWS's clock, of the policy when one is asked for."""
    if not days:
        return ()
    first, last = (datetime.combine(day, time.min, UTC) for day, _ in (days[0], days[-1]))
    rows = OverrideVersion.objects.filter(live_at__gte=first, live_at__lt=last + timedelta(days=1))
    if wanted.policy:
        rows = rows.filter(policy__configuration_id=wanted.policy)
    rows = rows.order_by("-live_at", "-pk").select_related("policy").defer("body", "baselines", "policy__spec")
    return tuple(rows[:MOST_CHANGES])


def draw_trend(
    days: Sequence[tuple[date, Numbers]], wanted: NodeFilter, changes: tuple[OverrideVersion, ...] = ()
) -> Trend | None:
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
    return Trend(days[0][0], days[-1][0], top, tuple(areas), tuple(days[::-1][::DAYS_IN_TABLE]), changes)


def _across(day: date, first: date, last: date) -> float:
    return WIDTH * (day - first).days / (last - first).days


def _up(count: int, top: int) -> float:
    return HEIGHT - HEIGHT * count / top


def _path(xs: Sequence[float], upper: Sequence[float], lower: Sequence[float]) -> str:
    """Along the upper edge from left to right and back along the lower one."""
    there = [f"{x:.1f},{y:.1f}" for x, y in zip(xs, upper, strict=True)]
    back = [f"{x:.1f},{y:.1f}" for x, y in zip(reversed(xs), reversed(lower), strict=True)]
    return f"M{' L'.join([*there, *back])} Z"
