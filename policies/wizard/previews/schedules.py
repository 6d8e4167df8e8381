"""Beside the schedules: the expression in words, and the next ten runs by AWS's clock and the viewer's."""

from __future__ import annotations

from datetime import UTC

from policies.domain.local_runs import runs_on_clock
from policies.domain.schedule import ScheduleError, describe, next_runs, parse
from policies.wizard.facts import told
from policies.wizard.forms import ScheduleForm
from policies.wizard.previews.look import Context, Look


def find_scan_runs(look: Look) -> Context:
    """When scans run."""
    return _find_runs(look, "scan")


def find_install_runs(look: Look) -> Context:
    """When installations run."""
    return _find_runs(look, "install")


def _find_runs(look: Look, purpose: str) -> Context:
    form = look.form_as(ScheduleForm)
    warnings = [p.sentence for p in form.warnings if p.field.startswith(purpose)]
    try:
        parsed = parse(form.expression(purpose))
    except ScheduleError as error:
        return {"purpose": purpose, "error": error.sentence if form.expression(purpose) else None}
    now = told(look.facts.now) or look.now
    return {
        "purpose": purpose,
        "words": describe(parsed),
        "expression": parsed.expression,
        "runs": runs_on_clock(next_runs(parsed, now), look.zone or UTC, now),
        "zone": str(look.zone or ""),
        "aws_now": now,
        "warnings": warnings,
    }
