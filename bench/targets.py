"""The one way in which a figure is told with its target; `python -m bench` counts these lines over all benches."""

from __future__ import annotations

import re

VERDICT = re.compile(r" \(target: .*\): (met|MISSED)$")


def at_most(name: str, figure: float, limit: float, unit: str = "") -> str:
    """The line of a figure that must not be above its limit."""
    return _line(name, figure, f"at most {limit:g}{unit}", unit, figure <= limit)


def at_least(name: str, figure: float, limit: float, unit: str = "") -> str:
    """The line of a figure that must not be below its limit."""
    return _line(name, figure, f"at least {limit:g}{unit}", unit, figure >= limit)


def _line(name: str, figure: float, target: str, unit: str, is_met: bool) -> str:
    return f"{name}: {figure:.4g}{unit} (target: {target}): {'met' if is_met else 'MISSED'}"


def verdict_of(line: str) -> bool | None:
    """Whether a line tells of a target that was met; None for any other line."""
    found = VERDICT.search(line)
    return found.group(1) == "met" if found else None
