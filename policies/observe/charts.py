"""What the server draws: the parts of a donut and of stacked bars, each with its colour, word and link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Any, TypeVar

from django.urls import reverse
from django.utils.translation import gettext_lazy

from policies.domain.status import Findings
from policies.observe.filters import NodeFilter
from policies.observe.tallies import Numbers
from policies.status_words import draw_status

Status = TypeVar("Status", bound=str)

RADIUS = 40
CIRCUMFERENCE = 2 * pi * RADIUS

# The same order and colours in every chart, the worst first.
TONES = {
    "failed": "error", "inoperable": "error", "non_compliant": "error", "missing": "warning",
    "pending_reboot": "accent", "running": "info", "pending": "neutral", "cancelled": "neutral", "skipped": "neutral",
    "skipped_suspended_account": "neutral", "never_scanned": "neutral", "compliant": "success", "up_to_date": "success",
    "succeeded": "success", "success": "success",
}  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """One part of a donut; `dash` and `offset` are the stroke's, of a circle with RADIUS."""

    status: str
    tone: str
    count: int
    dash: str
    offset: str
    url: str


def draw_donut(counts: Mapping[Findings, int], wanted: NodeFilter) -> tuple[Slice, ...]:
    """Nodes by findings; each slice leads to the list of its nodes."""
    total = sum(counts.values())
    slices, done = [], 0.0
    for status in sorted(counts, key=list(TONES).index):
        count = counts[status]
        length = CIRCUMFERENCE * count / total if total else 0.0
        url = reverse("node_list") + wanted.query(findings=status)
        dash, offset = f"{length:.3f} {CIRCUMFERENCE - length:.3f}", f"{CIRCUMFERENCE / 4 - done:.3f}"
        slices.append(Slice(status, TONES[status], count, dash, offset, url))
        done += length
    return tuple(slices)


def worst_of(counts: Mapping[str, int]) -> tuple[str, int]:
    """The worst status that something has, and how many have it; ("", 0) when there is nothing."""
    having = [status for status, count in counts.items() if count]
    worst = min(having, key=_badness, default="")
    return worst, counts.get(worst, 0)


def _badness(status: str) -> int:
    return list(TONES).index(status) if status in TONES else len(TONES)


def bar_parts(counts: Mapping[Status, int], url: str = "", kind: str = "") -> list[dict[str, Any]]:
    """Parts for the tag `bar`. With a url that ends in a filter's name and "=", each leads to the list of its own."""
    known = sorted(counts, key=_badness)
    return [
        {
            "tone": TONES.get(status, "neutral"),
            "word": draw_status(status, kind, plain=True),
            "count": counts[status],
            "url": f"{url}{status}" if url else "",
        }
        for status in known
    ]


@dataclass(frozen=True)
class Bar:
    """How many nodes lack a patch of one severity, or for so long; `width` is a percentage of the widest."""

    word: str
    tone: str
    count: int
    width: float
    url: str


SEVERITIES = (
    ("critical", gettext_lazy("Critical"), "error"),
    ("security", gettext_lazy("Security"), "warning"),
    ("other", gettext_lazy("Other"), "accent"),
)
"""AWS's own three counts (InstancePatchState: CriticalNonCompliantCount, SecurityNonCompliantCount, Other...)."""


DAYS_MISSING = (
    ("7", gettext_lazy("0 to 7 days"), "success"),
    ("14", gettext_lazy("8 to 14 days"), "info"),
    ("30", gettext_lazy("15 to 30 days"), "accent"),
    ("60", gettext_lazy("31 to 60 days"), "warning"),
    ("90", gettext_lazy("61 to 90 days"), "error"),
    ("longer", gettext_lazy("More than 90 days"), "error"),
)


def draw_severities(told: Numbers, wanted: NodeFilter) -> tuple[Bar, ...]:
    """Nodes by severity of what they lack, the worst first; each bar leads to the list of its nodes."""
    return tuple(
        _bar(str(word), tone, getattr(told, name), told.nodes, wanted.query(severity=name))
        for name, word, tone in SEVERITIES
    )


def draw_ageing(told: Numbers, wanted: NodeFilter) -> tuple[Bar, ...]:
    """Nodes that lack patches by how long they have, the newest first; each bar leads to the list of its nodes."""
    counts = {days: getattr(told, f"missing_{days}") for days, _, _ in DAYS_MISSING}
    most = max(counts.values())
    return tuple(
        _bar(str(word), tone, counts[days], most, wanted.query(missing_for=days)) for days, word, tone in DAYS_MISSING
    )


def _bar(word: str, tone: str, count: int, whole: int, query: str) -> Bar:
    return Bar(word, tone, count, round(100 * count / whole, 2) if whole else 0.0, reverse("node_list") + query)
