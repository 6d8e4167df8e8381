"""Notes what the tests ask of the sandbox: of each operation the parameters given and read, and the errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.registry import OPERATIONS, Call, Operation, Parameters, answer_call


@dataclass
class Seen:
    """What the tests have seen of one operation."""

    given: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)


Record = defaultdict[tuple[str, str], Seen]


class Noting(dict[str, Any]):
    """The parameters of a call, noting the names that its operation reads; going through all of them reads none."""

    def __init__(self, parameters: Parameters, read: set[str]) -> None:
        super().__init__(parameters)
        self.read = read

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, noted."""
        self.read.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)


@contextmanager
def recording() -> Iterator[Record]:
    """Note every call that reaches an operation over the wire, but none that a test put in its place."""
    record: Record = defaultdict(Seen)
    real = set(OPERATIONS.values())

    def answer(world: World, call: Call, parameters: Parameters, known: Operation) -> Parameters:
        if known not in real:
            return answer_call(world, call, parameters, known)
        seen = record[call.service, call.action]
        seen.given |= set(parameters)
        try:
            return answer_call(world, call, parameters, lambda w, c, asked: known(w, c, Noting(asked, seen.read)))
        except AwsError as error:
            seen.errors.add(error.code)
            raise

    with mock.patch("sandbox.wire.answer_call", answer):
        yield record
