"""The wizard's flow: one list of steps, in the order and with the section names of Quick Setup's page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from policies.wizard.forms import (
    BaselinesForm,
    LogsForm,
    NameForm,
    RateForm,
    ScheduleForm,
    StepForm,
    TargetsForm,
)


@dataclass(frozen=True)
class Step:
    """One screen; `form` is None for the review. `slug` stands in its URL, and names its template and its answers."""

    slug: str
    title: Promise
    form: type[StepForm] | None
    is_optional: bool = False

    @property
    def template(self) -> str:
        return f"wizard/{self.slug}.html"


LOGS = Step("logs", _("Patching log storage"), LogsForm, is_optional=True)
TARGETS = Step("targets", _("Targets"), TargetsForm)
STEPS = (
    Step("name", _("Configuration name"), NameForm),
    Step("schedule", _("Scanning and installation"), ScheduleForm),
    Step("baselines", _("Patch baseline"), BaselinesForm),
    LOGS,
    TARGETS,
    Step("rate", _("Rate control and instance profiles"), RateForm),
    Step("review", _("Review and create"), None),
)
FIRST, REVIEW = STEPS[0], STEPS[-1]
QUESTIONS = tuple(step for step in STEPS if step.form)


def find_step(slug: str) -> Step | None:
    """The step with this slug, or None."""
    return next((step for step in STEPS if step.slug == slug), None)


def number_of(step: Step) -> int:
    """1 for the first step."""
    return STEPS.index(step) + 1


def step_after(step: Step) -> Step:
    """The next step; the review stays the review."""
    return STEPS[min(number_of(step), len(STEPS) - 1)]


def step_before(step: Step) -> Step:
    """The step before; the first stays the first."""
    return STEPS[max(number_of(step) - 2, 0)]
