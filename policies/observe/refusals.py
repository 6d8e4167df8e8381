"""What a reading goes on without: what is gone by the time it is asked about, and what AWS denies.

AWS denies a part of a reading where the read role is of an older rollout, or a service control policy is in the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from policies.aws.errors import PermanentProblem
from policies.domain.remedies import DENIED

GONE = frozenset(
    {"AssociationDoesNotExist", "AssociationExecutionDoesNotExist", "DoesNotExistException", "InvalidCommandId"}
)
"""Systems Manager's words for associations, their executions, maintenance windows and commands that are not there."""

Told = TypeVar("Told")


def unless_gone(read: Callable[[], Told], otherwise: Told) -> Told:
    """What `read` returns, or `otherwise` where what it asks about is gone; raises AwsProblem for all else."""
    try:
        return read()
    except PermanentProblem as problem:
        if problem.code not in GONE:
            raise
        return otherwise


@dataclass(frozen=True)
class Refusals:
    """What AWS denied to one reading, by IAM action in the order in which it was met."""

    told: dict[str, PermanentProblem] = field(default_factory=dict)

    def spare(self, read: Callable[[], Told], otherwise: Told) -> Told:
        """What `read` returns, or `otherwise` where AWS denies it or it is gone; raises AwsProblem for all else."""
        try:
            return unless_gone(read, otherwise)
        except PermanentProblem as problem:
            if problem.code not in DENIED:
                raise
            self.told[problem.action] = problem
            return otherwise
