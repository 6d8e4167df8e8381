"""What is amiss in single account-Regions of a stack set, and the changes that mend it.

The plan compares a policy's resources as wholes. A stack set can stand as asked while some of its places lack their
stack, have one that failed, or hold associations that someone changed by hand: an edit that changes nothing would
leave those as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from policies.domain.resources import StackInstances
from policies.plan.changes import Action, Change
from policies.plan.sentences import say_change


class Located(Protocol):
    """Something of one account-Region."""

    @property
    def account_id(self) -> str: ...

    @property
    def region(self) -> str: ...


@dataclass(frozen=True)
class Amiss:
    """One account-Region that is not as it should be: what mends it, and what is wrong there, in AWS's words."""

    account_id: str
    region: str
    action: Action
    wrong: tuple[str, ...]


def mend_places(places: StackInstances, amiss: Sequence[Amiss]) -> list[Change]:
    """One change for each action and each block of accounts by Regions that it takes, no other place touched."""
    return [
        _mend(places, action, accounts, regions, amiss)
        for action in (Action.CREATE, Action.REDEPLOY, Action.REPLACE)
        for accounts, regions in blocks(each for each in amiss if each.action is action)
    ]


def _mend(
    places: StackInstances,
    action: Action,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    amiss: Sequence[Amiss],
) -> Change:
    there = StackInstances(places.stack_set, places.home_region, regions, places.unit_ids, accounts)
    within = set(accounts)
    inside = (a for a in amiss if a.action is action and a.account_id in within and a.region in regions)
    lines = Counter(line for each in inside for line in each.wrong)
    told = tuple(f"{line} ({count})" if count > 1 else line for line, count in lines.items())
    return Change(action, there, say_change(action, there, None), told)


def blocks(places: Iterable[Located]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The fewest accounts-by-Regions blocks that hold these places and no other: Regions with equal accounts join."""
    accounts_in: dict[str, set[str]] = {}
    for each in places:
        accounts_in.setdefault(each.region, set()).add(each.account_id)
    regions_of: dict[tuple[str, ...], list[str]] = {}
    for region, accounts in sorted(accounts_in.items()):
        regions_of.setdefault(tuple(sorted(accounts)), []).append(region)
    return [(accounts, tuple(regions)) for accounts, regions in regions_of.items()]
