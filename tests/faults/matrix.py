"""The fault matrix: create, edit and delete a policy of an organization, struck at each call to AWS by each fault.

After recovery AWS and the portal's rows must be as if nothing had happened. A refusal that does not pass by itself must
be told with the action that was refused, and be gone on from once it is mended.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import unified_diff
from functools import partial
from pathlib import Path
from unittest import mock

import botocore.endpoint

from policies.aws import connect
from policies.deploy import start
from policies.deploy.tasks import run_deployment
from policies.domain.spec import BaselineChoice, PolicySpec, Schedule
from policies.models import Deployment, Policy
from sandbox.engine.faults import FaultKind
from tests.faults.forks import Forks
from tests.faults.portal import Kill, Portal, Strike
from tests.faults.rows import tell_rows
from tests.inventory import take_inventory
from tests.specs import some_spec

STRIKES: tuple[Strike, ...] = (
    FaultKind.THROTTLING, FaultKind.INTERNAL_ERROR, FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER,
    FaultKind.EXPIRED, Kill.BEFORE, Kill.AFTER, FaultKind.ACCESS_DENIED,
)  # fmt: skip
REPEATED: tuple[Strike, ...] = (FaultKind.TIMEOUT_AFTER,)
"""What strikes another time where botocore asks again by itself, for a change that was made already."""
LONG_ENOUGH = timedelta(hours=6)
"""After a stage begins, until everything that it set going in AWS has come to rest."""
MOST_LINES = 40

Verb = Callable[[Portal], Deployment]


@dataclass(frozen=True)
class Case:
    """One fault at one call of a stage, by its number; 0 is a run that nothing strikes."""

    stage: str
    number: int = 0
    call: str = ""
    strike: Strike | None = None
    is_repeating: bool = False


@dataclass(frozen=True)
class Verdict:
    """What came of a case: nothing, when it ended as the undisturbed run; else what differs."""

    case: Case
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """Which cases are tried: every `step`-th. With `is_repeating` botocore repeats requests, else the portal must."""

    step: int = 1
    is_repeating: bool = False

    def of(self, stage: str, number: int, call: str) -> Iterable[Case]:
        """Those of one call."""
        strikes = REPEATED if self.is_repeating else STRIKES
        for place, strike in enumerate(strikes):
            if (number * len(strikes) + place) % self.step == 0:
                yield Case(stage, number, call, strike, self.is_repeating)


def try_cases(choice: Choice, limit: int) -> list[Verdict]:
    """Create, edit and delete with all the chosen cases, at most `limit` of them at a time.

    Wants an empty database in memory, of which each case gets its own copy.
    """
    with _nobody_waits(is_repeating=choice.is_repeating):
        portal = Portal()
        stages = (Stage("create", create), Stage("edit", edit), Stage("delete", delete))
        return [verdict for stage in stages for verdict in Branching(stage, portal, choice, limit).play()]


def create(portal: Portal) -> Deployment:
    return start.create_policy(_first(portal), "ann", portal.aws, portal.now, lambda: "abcde")


def edit(portal: Portal) -> Deployment:
    return start.edit_policy(Policy.objects.get(), _second(portal), "ann", portal.aws, portal.now)


def delete(portal: Portal) -> Deployment:
    return start.delete_policy(Policy.objects.get(), "ann", portal.aws, portal.now)


def _first(portal: Portal) -> PolicySpec:
    """Two operating systems, one with a baseline of our own, in two Regions."""
    spec = some_spec(baselines=_baselines(portal, is_custom=True))
    return replace(spec, targets=replace(spec.targets, regions=("us-east-1", "eu-west-1")))


def _second(portal: Portal) -> PolicySpec:
    """Another baseline, schedule and Region: everything that an edit can touch."""
    spec = _first(portal)
    moved = replace(spec.targets, regions=("us-east-1", "ap-northeast-1"))
    scan = Schedule("cron(30 3 * * ? *)", wait_for_first_interval=True)
    return replace(spec, baselines=_baselines(portal, is_custom=False), scan=scan, targets=moved)


def _baselines(portal: Portal, *, is_custom: bool) -> tuple[BaselineChoice, ...]:
    """AWS's own for Amazon Linux, and for Ubuntu AWS's own or the company's."""
    wanted = {"AMAZON_LINUX_2023": False, "UBUNTU": is_custom}
    return tuple(
        BaselineChoice(fact.operating_system, fact.baseline_id, fact.name, fact.is_custom)
        for fact in portal.known_baselines
        if wanted.get(fact.operating_system) is fact.is_custom
    )


@dataclass(frozen=True)
class Stage:
    """What a person asks for."""

    name: str
    verb: Verb


class Branching:
    """One stage from the person's click to the end of its deployment, and all the cases that branch off on the way."""

    def __init__(self, stage: Stage, portal: Portal, choice: Choice, limit: int) -> None:
        self.stage = stage
        self.portal = portal
        self.choice = choice
        self.rest_at: datetime = portal.now + LONG_ENOUGH
        self.folder = tempfile.TemporaryDirectory()
        self.undisturbed = Path(self.folder.name, "undisturbed")
        self.forks: Forks[Case] = Forks(Path(self.folder.name), limit)
        self.number = 0

    def play(self) -> list[Verdict]:
        """The verdicts of its cases. This process goes on from the end of the undisturbed run."""
        with self.folder:
            verdicts = [Verdict(case, tuple(found)) for case, found in self.forks.go(self._run) if case.number]
        self.portal.line.at_call = lambda _call: None
        return verdicts

    def _run(self) -> list[str]:
        self.forks.turn([Case(self.stage.name)])
        if not self.forks.way:
            self.forks.wait()
            self.portal.line.at_call = self._strike
        deployment = self.portal.press(partial(self.stage.verb, self.portal))
        self.portal.work(deployment)
        self.portal.pass_time(self.rest_at - self.portal.now)
        return self._judge(_outcome(self.portal))

    def _strike(self, call: str) -> Strike | None:
        self.number += 1
        case = self.forks.turn(self.choice.of(self.stage.name, self.number, call))
        return case.strike if case else None

    def _judge(self, outcome: str) -> list[str]:
        case = self.forks.way
        if case and not case.number:
            self.undisturbed.write_text(outcome)
            return []
        found = [*_differences(self.undisturbed.read_text(), outcome), *self._untold(case)]
        assert case or not found, "the undisturbed run cannot be repeated"
        return found

    def _untold(self, case: Case | None) -> list[str]:
        """What people were told that was not to be told: all but the action that was denied."""
        is_denied = case and case.strike is FaultKind.ACCESS_DENIED
        refusals, cause = self.portal.refusals, self.portal.line.cause
        return [f"told: {told}" for told in refusals if not (is_denied and cause in told)]


def _differences(wanted: str, found: str) -> list[str]:
    """The first lines that differ; to look for them where there are none takes as long as the case itself."""
    if found == wanted:
        return []
    told = unified_diff(wanted.splitlines(), found.splitlines(), "undisturbed", "found", n=2, lineterm="")
    return list(told)[:MOST_LINES]


def _outcome(portal: Portal) -> str:
    portal.served.world.tick()
    return f"{tell_rows()}\n{take_inventory(portal.served.world, is_masked=True)}"


@contextmanager
def _nobody_waits(*, is_repeating: bool = False) -> Iterator[None]:
    """Wake no worker and sleep nowhere. botocore repeats nothing, so that each fault reaches the portal, or does."""
    config = connect.CONFIG if is_repeating else connect.CONFIG_ONCE
    with (
        mock.patch.object(connect, "CONFIG", config),
        mock.patch.object(botocore.endpoint.time, "sleep"),
        mock.patch.object(run_deployment, "delay"),
    ):
        yield
