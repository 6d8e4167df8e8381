"""The review as a page: a new policy's answers, or what an edit changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from policies.aws.errors import AwsProblem
from policies.domain.spec import PolicySpec
from policies.domain.spec_parts import LineChange, find_changes
from policies.models import Draft, OrganizationalUnit
from policies.wizard import screens
from policies.wizard.comparing import step_of
from policies.wizard.draft import Reading
from policies.wizard.steps import QUESTIONS, REVIEW, Step
from policies.wizard.views.asked import facts_for, fragments_for


@dataclass(frozen=True)
class StepChange:
    """A step whose answers differ from the policy being edited, line by line."""

    step: Step
    url: str
    lines: tuple[LineChange, ...]


def show_review(
    request: HttpRequest, draft: Draft, reading: Reading, refusal: str = "", status: int = 200
) -> HttpResponse:
    """Everything that was asked for, what is wrong with it, and what would happen."""
    spec, problem = _spec_of(reading)
    facts = facts_for(request)
    context = {
        **screens.frame(draft, REVIEW, facts),
        "spec": spec,
        "units": OrganizationalUnit.objects.written(spec.targets.unit_ids if spec else ()),
        "refusal": refusal or problem,
        "changes": _changes(draft, spec) if spec and draft.policy else (),
        "wrong": [(step, reading.forms[step.slug], screens.address_of(draft, step)) for step in reading.wrong],
        "warnings": [(step, doubt, screens.address_of(draft, step)) for step, doubt in reading.warnings],
        "previews": fragments_for(request, draft, REVIEW, None, facts),
    }
    return render(request, REVIEW.template, context, status=status)


def _spec_of(reading: Reading) -> tuple[PolicySpec | None, str]:
    """The policy that was asked for, or why it cannot be told."""
    if reading.wrong:
        return None, ""
    try:
        return reading.make_spec(), ""
    except AwsProblem as problem:
        return None, str(problem)


def _changes(draft: Draft, spec: PolicySpec) -> Iterable[StepChange]:
    if draft.policy is None:
        return ()
    changed = find_changes(draft.policy.asked, spec)
    lines = {
        step: tuple(line for each in changed if step_of(each.part) == step for line in each.lines) for step in QUESTIONS
    }
    return tuple(StepChange(step, screens.address_of(draft, step), told) for step, told in lines.items() if told)
