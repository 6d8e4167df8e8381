"""What every rule of the property tests stands on: a tiny organization, calls that may be struck, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sandbox.engine.faults import Fault, FaultKind
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.sandbox.conftest import BEGIN, MANAGEMENT
from tests.sandbox.sums import BOOK, client, read

MEMBERS = ("222233334444", "333344445555")
REGIONS = ("us-east-1", "eu-west-1")
PLACES = [(account, region) for account in MEMBERS for region in REGIONS]
Place = tuple[str, str]
places = st.sampled_from(PLACES)
numbers = st.integers(0, 20)
rates = st.sampled_from(["1", "2", "50%", "100%"])
targets = st.sampled_from(
    [[{"Key": "InstanceIds", "Values": ["*"]}], [{"Key": "tag:Patch", "Values": ["true"]}],
     [{"Key": "tag:Role", "Values": ["web", "db"]}]]
)  # fmt: skip
documents = st.sampled_from(["Scan", "Install"])


class Machine(RuleBasedStateMachine):
    """A tiny organization, faults and steps of the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(read_world(Path(__file__).parent / "tiny.toml", BEGIN, 0), strict_answers=True)
        stock(self.sandbox.world)
        BOOK["answer"] = in_process(self.sandbox)
        BOOK["nodes"] = lambda *place: [n.instance_id for n in self.sandbox.world.fleet.nodes.within(*place)]

    def ask(self, call: Callable[..., Any], **parameters: Any) -> Any:
        """A call that may be refused or struck by a planned fault, but never fails by the sandbox's own fault."""
        before = self.struck
        try:
            return call(**parameters)
        except HTTPClientError:
            status = 599
        except ClientError as refused:
            status = int(refused.response["ResponseMetadata"]["HTTPStatusCode"])
        assert status < 500 or self.struck > before
        return None

    @contextmanager
    def calm(self) -> Iterator[None]:
        """No planned fault is in the way."""
        planned, self.sandbox.faults.planned = self.sandbox.faults.planned, []
        try:
            yield
        finally:
            self.sandbox.faults.planned = planned

    @rule(kind=st.sampled_from(FaultKind), service=st.sampled_from(["ssm", "cloudformation"]), after=st.integers(0, 3))
    def plan_fault(self, kind: FaultKind, service: str, after: int) -> None:
        self.sandbox.faults.add(Fault(kind, service=service, after=after, count=1))

    @rule(seconds=st.integers(10, 200))
    def wait_a_moment(self, seconds: int) -> None:
        self.let_time_pass(timedelta(seconds=seconds))

    @rule(step=st.sampled_from([timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)]))
    def let_time_pass(self, step: timedelta) -> None:
        self.sandbox.world.clock.advance(step)
        self.sandbox.world.tick()

    def pick(self, place: Place, operation: str, key: str, number: int) -> dict[str, Any]:
        """One of the things that a list of Systems Manager tells, {} when there is none or the call is struck."""
        told = self.ask(getattr(client("ssm", *place), operation)) or {}
        found = told.get(key) or [{}]
        return dict(found[number % len(found)])

    def all_of(self, place: Place, operation: str, key: str) -> list[Any]:
        """All that a list of Systems Manager tells."""
        return read(client("ssm", *place), operation, key)

    @property
    def struck(self) -> int:
        """How many calls a planned fault has struck so far."""
        return sum(fault.struck for fault in self.sandbox.faults.planned)

    @property
    def cloudformation(self) -> Any:
        return client("cloudformation", MANAGEMENT)

    @property
    def organizations(self) -> Any:
        return client("organizations", MANAGEMENT)
