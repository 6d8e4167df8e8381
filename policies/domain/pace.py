"""How often an account-Region is read, and how many calls one reading may cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

PAGE = 50
"""Nodes of one call (aws-facts 7.1)."""
QUIET_TURNS, EMPTY_TURNS = 3, 12
"""A shard where nothing moves is passed over by all but every third turn of the timetable, an empty one by more."""
LONGEST_BACKOFF = timedelta(hours=1)


def pages(things: int) -> int:
    """Calls that a list of so many things takes; a list of none is one call, too."""
    return max(1, -(-things // PAGE))


@dataclass
class Purse:
    """The calls that a reading may still make: at most 3 x ceil(n/50) + 4 for n nodes, whatever happened there."""

    left: int

    @classmethod
    def for_nodes(cls, nodes: int) -> Purse:
        """A full one."""
        return cls(3 * -(-nodes // PAGE) + 4)

    def pay(self, calls: int) -> bool:
        """Take so many calls out; False, and nothing is taken, when there are not so many."""
        if calls > self.left:
            return False
        self.left -= calls
        return True


def next_reading(turn: timedelta, *, nodes: int, is_moving: bool) -> timedelta:
    """How long a shard that was read just now may wait; `turn`: how often the timetable comes by.

    `is_moving`: something changed, a run is under way, or results are left to read.
    """
    if is_moving:
        return timedelta(0)
    return turn * (QUIET_TURNS if nodes else EMPTY_TURNS)


def next_attempt(turn: timedelta, failures: int) -> timedelta:
    """How long a shard waits whose reading failed so many times in a row: doubled each time, at most an hour."""
    return min(LONGEST_BACKOFF, turn * (1 << min(failures - 1, 10)))
