"""What the pages list: accounts, nodes, planned faults and served requests, each searched and a page at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import urlencode

from sandbox.engine.fleet import STATES, Node
from sandbox.engine.organization import Account
from sandbox.engine.world import World
from sandbox.request_log import FILTERS

PAGE = 50
NUMBER = re.compile("[0-9]{1,6}")
LOG_FILTERS = (*FILTERS, "failed")

Row = TypeVar("Row")
Asked = Mapping[str, str]


@dataclass(frozen=True)
class Listed(Generic[Row]):
    """One page of what was found. `query` begins the addresses of the other pages."""

    rows: list[Row]
    found: int
    number: int
    query: str

    @property
    def pages(self) -> int:
        return _pages_for(self.found)

    def address(self, number: int) -> str:
        """The query of another page."""
        return f"?{self.query}page={number}"


@dataclass(frozen=True)
class AccountRow:
    """An account with the names of the units above it, and its nodes by state."""

    account: Account
    path: str
    nodes: dict[str, int]


def list_accounts(world: World, asked: Asked) -> Listed[AccountRow]:
    """The accounts whose id, name or state holds `search`."""
    counts = Counter((node.account_id, node.state) for node in world.fleet.nodes.values())
    found = _search(world.organization.accounts.values(), asked, lambda a: (a.account_id, a.name, a.state))
    listed = _page(found, asked)
    rows = [
        AccountRow(a, _path_of(world, a), {state: counts[a.account_id, state] for state in STATES}) for a in listed.rows
    ]
    return Listed(rows, listed.found, listed.number, listed.query)


def list_nodes(world: World, asked: Asked) -> Listed[Node]:
    """The nodes of which an id, name, place, system, state or tag holds `search`."""
    now = world.now()
    return _page(_search(world.fleet.nodes.values(), asked, lambda node: _words_of(node, now)), asked)


def log_filters(asked: Asked) -> dict[str, str]:
    """The filters of the log that a request names, without the empty ones."""
    return {name: asked[name].strip() for name in LOG_FILTERS if asked.get(name, "").strip()}


def _words_of(node: Node, now: datetime) -> Iterable[str]:
    own = (node.instance_id, node.name, node.account_id, node.region, node.operating_system, node.state)
    return (*own, node.ping_at(now), *(f"{key}={value}" for key, value in node.tags.items()))


def _search(things: Iterable[Row], asked: Asked, words: Callable[[Row], Iterable[str]]) -> list[Row]:
    wanted = asked.get("search", "").strip().lower()
    return [each for each in things if wanted in "\n".join(words(each)).lower()] if wanted else list(things)


def _path_of(world: World, account: Account) -> str:
    units = world.organization.units
    return " / ".join(units[unit_id].name for unit_id in world.organization.lineage(account.account_id))


def _page(found: list[Row], asked: Asked) -> Listed[Row]:
    told = asked.get("page", "")
    number = min(_pages_for(len(found)), max(1, int(told))) if NUMBER.fullmatch(told) else 1
    kept = urlencode({"search": asked["search"]}) + "&" if asked.get("search") else ""
    return Listed(found[(number - 1) * PAGE : number * PAGE], len(found), number, kept)


def _pages_for(found: int) -> int:
    return max(1, -(-found // PAGE))
