"""How far a deployment is: its steps, and where each stack instance stands. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet, Window
from django.db.models.functions import RowNumber

from policies.domain.sentence import Sentence
from policies.domain.signatures import strip_places
from policies.domain.status import BROKEN, StepStatus
from policies.models import Deployment, StackInstanceState, Step, Verb
from policies.models.deployment import ENDED
from policies.plan.changes import Action

GROUPS_SHOWN = 20
EXAMPLES_SHOWN = 5
"""Places of each group; the list of accounts and Regions has them all."""


@dataclass(frozen=True)
class FailureGroup:
    """Stack instances that failed alike, with CloudFormation's reason and what to try; `examples`: a few of them."""

    signature: str
    status: str
    reason: str
    remedy: Sentence
    places: int
    accounts: int
    examples: tuple[StackInstanceState, ...]


@dataclass(frozen=True)
class StepProgress:
    """A step; for one about stack instances, how many stand where, and the causes of those that failed."""

    step: Step
    counts: Mapping[str, int]
    failures: tuple[FailureGroup, ...]


@dataclass(frozen=True)
class Stage:
    """A part of a deletion, as Quick Setup tells it: first the accounts and Regions, then the configuration itself."""

    name: str
    ended: int
    total: int


@dataclass(frozen=True)
class Progress:
    """A deployment's steps in order, how many have ended, and the two stages of a deletion (else none)."""

    steps: tuple[StepProgress, ...]
    ended: int
    stages: tuple[Stage, ...] = ()

    @property
    def stopped_at(self) -> Step | None:
        """The step at which it was stopped."""
        return next((one.step for one in self.steps if one.step.status == StepStatus.STOPPED), None)


def read_progress(deployment: Deployment) -> Progress:
    """The progress as our rows tell it. Stack instances for the newest deployment only: rows speak of the present."""
    steps = list(deployment.steps.all())
    rows = deployment.policy.stack_instances.order_by()
    if not deployment.is_newest:
        rows = rows.none()
    counts, failures = _count_instances(rows), _group_failures(rows.filter(status__in=BROKEN))
    told = tuple(
        StepProgress(step, counts.get(step.reaches, {}), tuple(failures.get(step.reaches, ()))) for step in steps
    )
    stages = _stages(steps) if deployment.verb == Verb.DELETE else ()
    return Progress(told, sum(step.status in ENDED for step in steps), stages)


def _stages(steps: Sequence[Step]) -> tuple[Stage, ...]:
    """Steps that reach accounts and Regions, and all others; a stage without a step is left out."""
    places = [step for step in steps if step.stack_set or step.change["action"] == Action.UPDATE]
    others = [step for step in steps if step not in places]
    told = (
        Stage(name, sum(step.status in ENDED for step in some), len(some))
        for name, some in (("places", places), ("configuration", others))
    )
    return tuple(stage for stage in told if stage.total)


def _count_instances(rows: QuerySet[StackInstanceState]) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for stack_set, status, count in rows.values_list("stack_set", "status").annotate(Count("pk")):
        counts[stack_set][status] = count
    return counts


def _group_failures(rows: QuerySet[StackInstanceState]) -> Mapping[str, list[FailureGroup]]:
    """The groups of each stack set, the largest first."""
    groups = rows.values("stack_set", "signature").annotate(
        places=Count("pk"), accounts=Count("account_id", distinct=True), reason=Min("reason"), status=Min("status")
    )
    examples = _find_examples(rows)
    failures: dict[str, list[FailureGroup]] = defaultdict(list)
    for group in groups.order_by("-places", "signature")[:GROUPS_SHOWN]:
        failures[group["stack_set"]].append(_failure_group(group, examples[group["stack_set"], group["signature"]]))
    return failures


def _failure_group(group: Mapping[str, Any], examples: Sequence[StackInstanceState]) -> FailureGroup:
    return FailureGroup(
        signature=group["signature"],
        status=group["status"],
        reason=strip_places(group["reason"]),
        remedy=examples[0].remedy,
        places=group["places"],
        accounts=group["accounts"],
        examples=tuple(examples),
    )


def _find_examples(rows: QuerySet[StackInstanceState]) -> Mapping[tuple[str, str], list[StackInstanceState]]:
    """The first few of each group, by account and Region."""
    nth = Window(RowNumber(), partition_by=["stack_set", "signature"], order_by=["account_id", "region"])
    examples: dict[tuple[str, str], list[StackInstanceState]] = defaultdict(list)
    for row in rows.annotate(nth=nth).filter(nth__lte=EXAMPLES_SHOWN).order_by("nth"):
        examples[row.stack_set, row.signature].append(row)
    return examples
