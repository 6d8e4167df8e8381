"""How far a deployment is: its steps, and where each stack instance stands. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from policies.deploy.drive import ACTIONS
from policies.deploy.operations import Kind
from policies.domain.remedies import remedy_for
from policies.domain.sentence import Sentence
from policies.domain.status import InstanceStatus
from policies.models import Deployment, StackInstanceState, Step, Verb
from policies.models.deployment import ENDED

FAILURES_SHOWN = 50
FAILED = (InstanceStatus.FAILED, InstanceStatus.INOPERABLE, InstanceStatus.CANCELLED)


@dataclass(frozen=True)
class Failure:
    """A stack instance that failed, with CloudFormation's reason and what to try."""

    row: StackInstanceState
    remedy: Sentence


@dataclass(frozen=True)
class StepProgress:
    """A step; for one about stack instances, how many stand where, and those that failed."""

    step: Step
    counts: Mapping[str, int]
    failures: tuple[Failure, ...]

    @property
    def failed_count(self) -> int:
        """How many failed, shown or not."""
        return sum(count for status, count in self.counts.items() if status in FAILED)


@dataclass(frozen=True)
class Stage:
    """A part of a deletion, as Quick Setup tells it: first the accounts and Regions, then the configuration itself."""

    name: str
    ended: int
    total: int

    @property
    def is_done(self) -> bool:
        return self.ended == self.total


@dataclass(frozen=True)
class Progress:
    """A deployment's steps in order, how many have ended, and the two stages of a deletion (else none)."""

    steps: tuple[StepProgress, ...]
    ended: int
    stages: tuple[Stage, ...] = ()

    @property
    def failed_instances(self) -> int:
        return sum(one.step.failed_instances for one in self.steps)


def read_progress(deployment: Deployment) -> Progress:
    """The progress as our rows tell it. Stack instances for the newest deployment only: rows speak of the present."""
    steps = list(deployment.steps.all())
    is_newest = not deployment.policy.deployments.filter(pk__gt=deployment.pk).exists()
    counts = _count_instances(deployment) if is_newest else {}
    failures = _find_failures(deployment) if is_newest else {}
    told = tuple(
        StepProgress(step, counts.get(step.stack_set, {}), tuple(failures.get(step.stack_set, ()))) for step in steps
    )
    stages = _stages(steps) if deployment.verb == Verb.DELETE else ()
    return Progress(told, sum(step.status in ENDED for step in steps), stages)


def _stages(steps: Sequence[Step]) -> tuple[Stage, ...]:
    """Steps about stack instances, and all others; a stage without a step is left out."""
    places = [step for step in steps if step.stack_set]
    others = [step for step in steps if not step.stack_set]
    told = (
        Stage(name, sum(step.status in ENDED for step in some), len(some))
        for name, some in (("places", places), ("configuration", others))
    )
    return tuple(stage for stage in told if stage.total)


def _count_instances(deployment: Deployment) -> Mapping[str, Mapping[str, int]]:
    rows = deployment.policy.stack_instances.order_by().values_list("stack_set", "status").annotate(Count("pk"))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for stack_set, status, count in rows:
        counts[stack_set][status] = count
    return counts


def _find_failures(deployment: Deployment) -> Mapping[str, list[Failure]]:
    rows = deployment.policy.stack_instances.filter(status__in=FAILED)[:FAILURES_SHOWN]
    failures: dict[str, list[Failure]] = defaultdict(list)
    for row in rows:
        failures[row.stack_set].append(Failure(row, remedy_for(ACTIONS[Kind.CREATE], row.status, row.reason)))
    return failures
