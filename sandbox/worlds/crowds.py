"""Nodes and accounts that nobody wrote down: made from the world's seed, all at once or where someone looks.

A big crowd is left unseen in the beginning: what an account and Region holds is made at the first look at it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.engine.fleet import Node
from sandbox.engine.organization import Account, Unit
from sandbox.engine.trust import Principal
from sandbox.engine.world import World, event
from sandbox.registry import Call, perform

DUTIES = ("web", "api", "db", "batch", "cache", "queue")
FIRST_ACCOUNT, ACCOUNT_STEP = 200_000_000_003, 700_000_007
SCANNED_BEFORE = timedelta(hours=6)


@dataclass(frozen=True)
class Crowd:
    """`[crowd]` of a world's file.

    `region_weights`: how many of a hundred nodes, or how likely, lie in each Region of the organization.
    `has_roles`: false for EC2 instances without any instance profile, and no hybrid nodes. For a big
    crowd: `accounts` members beside the declared ones in the units that `levels` name (each name of a level under each
    of the level above), and `sizes`: the number of nodes of account after account, over and over.
    """

    region_weights: list[int]
    systems: list[str]
    has_roles: bool = True
    accounts: int = 0
    levels: list[list[str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


def add_nodes(world: World, crowd: Crowd, counts: Mapping[str, int]) -> None:
    """So many nodes for each account, each in a Region that is drawn."""
    for account_id, count in counts.items():
        source = random.Random(f"nodes:{account_id}")  # noqa: S311 - simulation
        for number in range(count):
            region = source.choices(world.organization.regions, weights=crowd.region_weights)[0]
            world.fleet.add(_make_node(world, crowd, source, (account_id, region), number))


def add_accounts(world: World, crowd: Crowd, founded: timedelta) -> None:
    """Units level under level, and members in the lowest of them in turn."""
    leaves = itertools.cycle(_grow(world, crowd.levels, world.organization.root_id, ()))
    for number in range(crowd.accounts):
        account_id, (unit_id, names) = str(FIRST_ACCOUNT + number * ACCOUNT_STEP), next(leaves)
        name = f"{' '.join(names)} {number + 1:03d}"
        joined = world.now() - founded + timedelta(minutes=number)
        world.organization.accounts[account_id] = Account(account_id, name, unit_id, joined)


def _grow(
    world: World, levels: list[list[str]], parent_id: str, above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not levels:
        yield parent_id, above
        return
    for name in levels[0]:
        names = (*above, name)
        unit_id = f"ou-{world.organization.root_id[2:]}-{world.uuid('unit', *names).replace('-', '')[:8]}"
        world.organization.units[unit_id] = Unit(unit_id, name, parent_id)
        yield from _grow(world, levels[1:], unit_id, names)


def leave_unseen(world: World, crowd: Crowd) -> None:
    """Note what is to be made at the first look at each account and Region."""
    for account_id, size in zip(world.organization.accounts, itertools.cycle(crowd.sizes), strict=False):
        for region, count in _shares(size, crowd.region_weights, world.organization.regions):
            if count:
                world.unseen[account_id, region] = Unseen(crowd, count, world.now())


def _shares(size: int, weights: list[int], regions: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """A size cut by weights into whole numbers that add up to it."""
    total, before = sum(weights), 0
    for region, until in zip(regions, itertools.accumulate(weights), strict=True):
        upto = round(size * until / total)
        yield region, upto - before
        before = upto


@dataclass(frozen=True)
class Unseen:
    """What an account and Region holds, before anyone looked."""

    crowd: Crowd
    count: int
    since: datetime


@event("first look")
def make_unseen(world: World, account_id: str, region: str, unseen: Unseen) -> None:
    """Make the nodes as they were in the world's beginning, and let a scan have run over them some hours before it."""
    before, world.moment = world.moment, unseen.since - SCANNED_BEFORE
    try:
        source = random.Random(f"nodes:{account_id}:{region}")  # noqa: S311 - simulation
        for number in range(unseen.count):
            world.fleet.add(_make_node(world, unseen.crowd, source, (account_id, region), number))
        call = Call(Principal(account_id), region, "ssm", "CreateAssociation")
        perform(world, call, {
            "Name": "AWS-RunPatchBaseline", "AssociationName": "first-scan",
            "Targets": [{"Key": "InstanceIds", "Values": ["*"]}], "Parameters": {"Operation": ["Scan"]},
        })  # fmt: skip
    finally:
        world.moment = before


def _make_node(world: World, crowd: Crowd, source: random.Random, place: tuple[str, str], number: int) -> Node:
    account_id, region = place
    account_name, at = world.organization.accounts[account_id].name, world.now()
    launched = at - timedelta(days=source.randint(20, 200))
    duty, system = DUTIES[number % len(DUTIES)], crowd.systems[source.randrange(len(crowd.systems))]
    name = f"{account_name.split()[0].lower()}-{duty}-{number + 1:02d}"
    is_hybrid = crowd.has_roles and number % 17 == 16
    profile = "legacy-server" if number % 9 == 4 else "app-server"
    tags = {"Name": name, "Environment": _environment(account_name), "Role": duty}
    if number % 8 != 7:
        tags["Patch"] = "true"
    digits = f"{source.getrandbits(68):017x}"
    return Node(
        f"mi-{digits}" if is_hybrid else f"i-{digits}", account_id, region, name, system, launched, tags,
        profile_name=profile if crowd.has_roles and not is_hybrid else "",
        service_role="hybrid-server" if is_hybrid else "",
        patched_until=at - timedelta(days=source.randint(9, 45)),
    )  # fmt: skip


def _environment(account_name: str) -> str:
    return "production" if "Production" in account_name else "staging" if "Sandbox" in account_name else "shared"
