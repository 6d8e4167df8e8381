"""The portal played by hand against a sandbox in process: a worker, the sweep, and a person who does not give up.

Nothing waits: the portal's time and the sandbox's are stepped together. The line to AWS can be cut at any call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from policies.aws.baselines import list_baselines
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem, PermanentProblem
from policies.deploy import resume
from policies.deploy.run import run_next_step
from policies.deploy.sweep import GRACE, find_neglected
from policies.domain.status import DeploymentStatus
from policies.models import Deployment
from policies.models.claimed import LEASE
from sandbox.engine.faults import Fault, FaultKind
from sandbox.request_log import Entry
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from tests.worlds import BEGIN, open_sandbox, sign_in

WORLD = Path(__file__).with_name("world.toml")
MOST_LOOKS = 300
CLIENTS = ("cloudformation", "iam", "organizations", "s3", "ssm", "sts")
"""Built beforehand: what a process has, its forks need not make."""
A_WHILE = timedelta(minutes=1)
LATE = timedelta(seconds=20)
"""How late workers come, so that not every look finds the same."""


class Kill(StrEnum):
    """A process that dies of SIGKILL at a call."""

    BEFORE = "killed-before"
    AFTER = "killed-after"


Strike = FaultKind | Kill


class Killed(BaseException):
    """The process is gone. Nothing in the portal may catch it."""


@dataclass
class Line:
    """The way to the sandbox. `at_call` is asked at each call what shall strike it; `cause` remembers what did."""

    served: Sandbox
    at_call: Callable[[str], Strike | None] = lambda _call: None
    cause: str = ""

    def __call__(self, request: Any, event_name: str = "", **_: object) -> Any:
        strike = self.at_call(event_name.removeprefix("before-send."))
        if strike is Kill.BEFORE:
            raise Killed
        if isinstance(strike, FaultKind):
            self.served.faults.on_call(1, strike)
        try:
            return in_process(self.served)(request)
        finally:
            if strike:
                self._note(strike, self.served.log.entries[-1])
            if strike is Kill.AFTER:
                raise Killed

    def _note(self, strike: Strike, struck: Entry) -> None:
        """A right that is missing stays missing until someone grants it."""
        self.cause = f"{struck.service}:{struck.action}"
        if strike is FaultKind.ACCESS_DENIED:
            self.served.faults.add(Fault(strike, struck.service, struck.action))


@dataclass
class Portal:
    """One portal on one sandbox. `refusals` is what people were told of permanent failures."""

    served: Sandbox = field(default_factory=lambda: open_sandbox(str(WORLD)))
    now: datetime = BEGIN
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = Line(self.served)
        self.aws: Aws = sign_in(self.served, line=self.line)
        for service in CLIENTS:
            self.aws.client(service)
        self.known_baselines = list_baselines(self.aws)

    def pass_time(self, step: timedelta) -> None:
        """Let time go by, here and in AWS."""
        self.now += step
        self.served.world.clock.advance(step)

    def press(self, verb: Callable[[], Deployment]) -> Deployment:
        """A person asks for something until it is begun, and mends what AWS refuses for good."""
        for _ in range(MOST_LOOKS):
            try:
                return verb()
            except AwsProblem as problem:
                if isinstance(problem, PermanentProblem):
                    self._mend(str(problem))
            except Killed:
                pass
            self.pass_time(A_WHILE)
        raise AssertionError("it cannot be begun")

    def work(self, deployment: Deployment) -> None:
        """A worker brings the deployment to its end; where it dies or gives up, the sweep or a person goes on."""
        for _ in range(MOST_LOOKS):
            self._look(deployment)
            deployment.refresh_from_db()
            if deployment.is_open:
                continue
            if deployment.status == DeploymentStatus.SUCCEEDED:
                return
            self._mend(_told(deployment))
            resume.retry(deployment, "ann", self.now)
        raise AssertionError(f"the deployment does not end: {deployment.status}")

    def _look(self, deployment: Deployment) -> None:
        try:
            following = run_next_step(deployment.pk, self.aws, self.now)
        except (AwsProblem, Killed):
            following = None
        if following:
            self.pass_time(timedelta(seconds=following.after_seconds) + LATE)
        else:
            self._wait_for_sweep(deployment)

    def _wait_for_sweep(self, deployment: Deployment) -> None:
        """Nobody comes again by himself: until the sweep says that the deployment is neglected, nothing happens."""
        until = self.now + LEASE + GRACE
        deployment.refresh_from_db()
        while deployment.is_open and deployment.pk not in find_neglected(self.now):
            assert self.now < until, "the sweep does not find the deployment"
            self.pass_time(GRACE)

    def _mend(self, told: str) -> None:
        self.refusals.append(told)
        self.served.faults.clear()


def _told(deployment: Deployment) -> str:
    """What the page says of the steps that failed."""
    return " ".join(f"{step.aws_code} {step.aws_message}" for step in deployment.steps.filter(status="failed"))
