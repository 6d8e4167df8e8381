"""A draft: answers kept as typed, step by step, until they make a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict

from policies.domain.problem import Problem
from policies.domain.spec import PolicySpec
from policies.models import Draft, Policy
from policies.models.policy import LONGEST_NAME
from policies.wizard.facts import Facts
from policies.wizard.forms import Answers, StepForm
from policies.wizard.steps import QUESTIONS, REVIEW, Step

COPY = "Copy of "
"""How a copy is named until someone names it: in English everywhere, as names are made of ASCII letters."""
NUL, SHOWN_NUL = "\x00", "\ufffd"
"""No database keeps a NUL in text; it is shown as HTML shows it."""


def begin_draft(owner: User, now: datetime, new_id: Callable[[], str], policy: Policy | None = None) -> Draft:
    """A new draft, prefilled when a policy is edited."""
    return Draft.objects.create(
        owner=owner,
        policy=policy,
        policy_version=policy.version if policy else None,
        began_from=policy.spec if policy else None,
        configuration_id=policy.configuration_id if policy else new_id(),
        answers=answers_for(policy.asked) if policy else {},
        created_at=now,
        changed_at=now,
    )


def begin_copy(owner: User, now: datetime, new_id: Callable[[], str], policy: Policy) -> Draft:
    """A draft of a new policy, with every answer of this one but a name and a configuration id of its own."""
    draft = begin_draft(owner, now, new_id)
    draft.answers = answers_for(replace(policy.asked, name=_name_of_copy(policy.name)))
    draft.save(update_fields=["answers"])
    return draft


def unfinished_drafts(owner: User, besides: Draft) -> Iterable[Draft]:
    """The owner's other drafts that have answers and were not deployed, newest first."""
    return Draft.objects.unfinished(owner).exclude(pk=besides.pk)


def keep_answers(draft: Draft, step: Step, answers: Answers, now: datetime) -> None:
    """Save a step's answers as typed, right or wrong; other tabs' answers to other steps stay."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        row.answers = {**row.answers, step.slug: dict(answers)}
        row.changed_at = now
        row.save(update_fields=["answers", "changed_at"])
    draft.answers = row.answers


def answers_in(sent: QueryDict, step: Step) -> dict[str, list[str]]:
    """The step's own fields out of what a browser sent."""
    if step.form is None:
        return {}
    names = [*step.form.base_fields, *step.form.later_fields()]
    return {name: [storable(value) for value in sent.getlist(name)] for name in names if name in sent}


def storable(typed: str) -> str:
    """A text as a database takes it."""
    return typed.replace(NUL, SHOWN_NUL)


def form_of(draft: Draft, step: Step, facts: Facts, answers: Answers | None = None) -> StepForm:
    """The step's form with the draft's answers (or these); unbound, with its defaults, while it has none."""
    if step.form is None:
        raise ValueError(f"{step.slug} has no form")
    given = draft.answers.get(step.slug) if answers is None else answers
    return step.form(given, facts, draft.policy)


def is_answered(draft: Draft, step: Step) -> bool:
    """Whether the step was ever sent."""
    return step.slug in draft.answers


def furthest_step(draft: Draft) -> Step:
    """The first step without an answer, or the review."""
    return next((step for step in QUESTIONS if not is_answered(draft, step)), REVIEW)


@dataclass(frozen=True)
class Reading:
    """Every step's form with the draft's answers, checked."""

    forms: Mapping[str, StepForm]

    @property
    def wrong(self) -> tuple[Step, ...]:
        """The steps whose answers need a correction."""
        return tuple(step for step in QUESTIONS if not self.forms[step.slug].is_valid())

    @property
    def warnings(self) -> tuple[tuple[Step, Problem], ...]:
        """Doubts that do not block, with the step that raised them."""
        return tuple((step, problem) for step in QUESTIONS for problem in self.forms[step.slug].warnings)

    def make_spec(self) -> PolicySpec:
        """The policy that was asked for. Only when nothing is wrong; raises AwsProblem when AWS does not answer."""
        parts = {name: value for form in self.forms.values() for name, value in form.parts().items()}
        return PolicySpec(**parts)

    def spec_so_far(self, base: PolicySpec) -> PolicySpec:
        """`base` with what the right steps ask for. Raises AwsProblem when AWS does not answer."""
        right = [form for form in self.forms.values() if form.is_valid()]
        return replace(base, **{name: value for form in right for name, value in form.parts().items()})


def read_draft(draft: Draft, facts: Facts) -> Reading:
    """The whole draft; a step that was never answered counts as answered with its defaults left empty."""
    reading = Reading({step.slug: form_of(draft, step, facts, draft.answers.get(step.slug, {})) for step in QUESTIONS})
    for form in reading.forms.values():
        form.is_valid()
    return reading


def answers_for(spec: PolicySpec) -> dict[str, dict[str, list[str]]]:
    """The answers of every step that would have led to this spec."""
    return {step.slug: step.form.answers_for(spec) for step in QUESTIONS if step.form}


def _name_of_copy(name: str) -> str:
    """A name that is free now, of the characters and the length that the Quick Setup API allows, in any language."""
    taken = set(Policy.objects.living().filter(name__startswith=COPY).values_list("name", flat=True))
    endings = ("", *(f" {number}" for number in range(2, len(taken) + 3)))
    names = (f"{COPY}{name}"[: LONGEST_NAME - len(ending)].rstrip() + ending for ending in endings)
    return next(candidate for candidate in names if candidate not in taken)
