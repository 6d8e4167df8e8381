"""Faults that are planned: which calls they strike, and how often. What each looks like on the wire: fault_answers.py.

`Faults.on_call(n, kind)` strikes the n-th call from now, whatever it is: a test can so break a run at each of its calls
in turn, and `Faults.served` tells how many there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.registry import Call

LONGEST_SECONDS = 20.0
SCOPE = ("service", "action", "account", "region")


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    THROTTLING = "throttling"
    INTERNAL_ERROR = "internal-error"
    UNAVAILABLE = "unavailable"
    TIMEOUT_BEFORE = "timeout-before"  # nothing happened, and nobody answered
    TIMEOUT_AFTER = "timeout-after"  # it happened, and nobody answered
    ACCESS_DENIED = "access-denied"
    EXPIRED = "expired-credentials"
    REGION_NOT_ENABLED = "region-not-enabled"
    SLOW = "slow"


@dataclass
class Fault:
    """One planned fault. The scope takes wildcards (`Create*`); S3's actions are IAM's (`s3:PutObject`).

    The first `after` calls in scope are spared; then at most `count` are struck (None: all), each with `probability`.
    `seconds` is the length of a slow answer. `matched` and `struck` count what came by.
    """

    kind: FaultKind
    service: str = "*"
    action: str = "*"
    account: str = "*"
    region: str = "*"
    after: int = 0
    count: int | None = None
    probability: float = 1.0
    seconds: float = 1.0
    fault_id: int = 0
    matched: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        if self.after < 0 or (self.count is not None and self.count < 1):
            raise ValueError("after is 0 or more, count 1 or more")
        if not 0 < self.probability <= 1:
            raise ValueError("probability is above 0 and at most 1")
        if not 0 <= self.seconds <= LONGEST_SECONDS:
            raise ValueError(f"seconds is 0 to {LONGEST_SECONDS:g}")

    def covers(self, call: Call) -> bool:
        """Whether the call lies in its scope."""
        return all(
            pattern == "*" or fnmatchcase(value, pattern)
            for value, pattern in zip(
                (call.service, call.action, call.account, call.region),
                (self.service, self.action, self.account, self.region),
                strict=True,
            )
        )

    def strikes(self, draw: Callable[[], float]) -> bool:
        """Count a call in its scope, and say whether it is struck."""
        self.matched += 1
        if self.matched <= self.after or (self.count is not None and self.struck >= self.count):
            return False
        if self.probability < 1 and draw() >= self.probability:
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The faults of one sandbox, and how many calls it `served` (struck ones too)."""

    planned: list[Fault] = field(default_factory=list)
    served: int = 0
    _last_id: int = 0

    def add(self, fault: Fault) -> Fault:
        """Plan a fault; it gets its id."""
        self._last_id += 1
        fault.fault_id = self._last_id
        self.planned.append(fault)
        return fault

    def read(self, path: Path) -> None:
        """Plan what a JSON file lists. Raises OSError, or ValueError for what is no list of faults."""
        told = json.loads(path.read_text())
        if not isinstance(told, list):
            raise ValueError(f"{path} holds no list of faults")
        for each in told:
            self.add(read_fault(each))

    def on_call(self, number: int, kind: FaultKind) -> Fault:
        """Strike the `number`-th call from now (1 is the next) and no other."""
        return self.add(Fault(kind, after=number - 1, count=1))

    def remove(self, fault_id: int) -> None:
        """Forget one fault. Raises ValueError when there is none with this id."""
        if fault_id not in [fault.fault_id for fault in self.planned]:
            raise ValueError(f"no fault has the id {fault_id}")
        self.planned = [fault for fault in self.planned if fault.fault_id != fault_id]

    def clear(self) -> None:
        """Forget all faults."""
        self.planned = []

    def choose(self, call: Call, chance: Callable[..., float]) -> Fault | None:
        """The fault that strikes this call, the earliest planned if several would; every call is counted.

        `chance(*names)` is the world's seeded one, so that the same calls always meet the same faults.
        """
        self.served += 1
        found = None
        for fault in self.planned:
            if fault.covers(call) and fault.strikes(lambda f=fault: chance("fault", f.fault_id, f.matched)):  # type: ignore[misc]
                found = found or fault
        return found


def read_fault(told: Mapping[str, Any]) -> Fault:
    """A fault out of JSON: {"kind": ..., "service": ..., ...}. Raises ValueError for anything else."""
    known = {*SCOPE, "kind", "after", "count", "probability", "seconds"}
    if not isinstance(told, Mapping) or "kind" not in told:
        raise ValueError("a fault is an object with a kind")
    unknown = sorted(set(told) - known)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}")
    for name, value in told.items():
        is_text = name in (*SCOPE, "kind")
        if not isinstance(value, str if is_text else int | float) and not (name == "count" and value is None):
            raise ValueError(f"{name} is a {'text' if is_text else 'number'}")
    return Fault(**told)
