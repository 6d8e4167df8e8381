"""The whole simulated organization as one value: it can be ticked, and kept in a file (sandbox/saving.py)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.engine.associations import AssociationBook
from sandbox.engine.baselines import BaselineBook
from sandbox.engine.clock import Clock, Timeline
from sandbox.engine.documents import AutomationRun, Document
from sandbox.engine.executions import ExecutionBook
from sandbox.engine.faults import Faults
from sandbox.engine.fleet import Fleet
from sandbox.engine.organization import Organization
from sandbox.engine.places import ByPlace, Place
from sandbox.engine.stack_sets import StackSetBook
from sandbox.engine.trust import AccountTrust, Principal
from sandbox.engine.windows import WindowBook

EventHandler = Callable[..., None]
EVENT_HANDLERS: dict[str, EventHandler] = {}


def event(kind: str) -> Callable[[EventHandler], EventHandler]:
    """Register the function that is called with (world, *arguments) when an event of this kind is due."""

    def register(handler: EventHandler) -> EventHandler:
        EVENT_HANDLERS[kind] = handler
        return handler

    return register


@dataclass
class World:
    """Everything there is: it can be ticked, looked at, and kept in a file (saving.py)."""

    clock: Clock
    organization: Organization
    fleet: Fleet
    seed: int = 1
    timeline: Timeline = field(default_factory=Timeline)
    trust: dict[str, AccountTrust] = field(default_factory=dict)
    sessions: dict[str, Principal] = field(default_factory=dict)
    stack_sets: StackSetBook = field(default_factory=StackSetBook)
    baselines: BaselineBook = field(default_factory=BaselineBook)
    associations: AssociationBook = field(default_factory=AssociationBook)
    documents: dict[tuple[str, str], dict[str, Document]] = field(default_factory=dict)
    automations: ByPlace[AutomationRun] = field(default_factory=ByPlace)
    executions: ExecutionBook = field(default_factory=ExecutionBook)
    windows: WindowBook = field(default_factory=WindowBook)
    groups: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    unseen: dict[Place, object] = field(default_factory=dict)  # what is made at the first look at an account-Region
    declared_buckets: tuple[dict[str, Any], ...] = ()
    agents_poll: bool = False  # agents fetch their associations themselves, and lay out their output in the old way
    enforces_iam: bool = False  # callers are refused what their policies do not allow (enforcement.py)
    serial: int = 0
    moment: datetime | None = None
    storage: Any = None  # behind_moto.Storage, given by the Sandbox that serves this world
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> datetime:
        """The present: the moment of the event that happens, or the clock's."""
        return self.moment or self.clock.now()

    def tick(self) -> None:
        """Let everything happen that is due by now, each at its own moment; amid an event, what was due before it."""
        with self.lock:
            amid, until = self.moment, self.now()
            while due := self.timeline.pop_due(until):
                self.moment = due.moment
                try:
                    EVENT_HANDLERS[due.kind](self, *due.arguments)
                finally:
                    self.moment = amid

    def look(self, account_id: str, region: str) -> None:
        """Someone turns to an account and Region: a big world makes now what has always been there."""
        place = (account_id, region)
        if place in self.unseen:
            EVENT_HANDLERS["first look"](self, *place, self.unseen.pop(place))
            self.tick()

    def account(self, account_id: str) -> AccountTrust:
        """The IAM of an account."""
        return self.trust.setdefault(account_id, AccountTrust())

    def next_serial(self) -> int:
        """A number that no other thing of this world has."""
        self.serial += 1
        return self.serial

    def uuid(self, *names: object) -> str:
        """A UUID that is the same for the same names in the same world, and new when none are given."""
        source = random.Random(f"{self.seed}:{names or self.next_serial()}")  # noqa: S311 - identities, not secrets
        digits = f"{source.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def chance(self, *names: object) -> float:
        """A number in 0..1 that is always the same for the same names."""
        return random.Random(f"{self.seed}:{names}").random()  # noqa: S311 - simulation

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["lock"]
        state["storage"] = self.storage.dump() if self.storage else None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.RLock()
