"""What the pages list: accounts, nodes, planned faults and served requests, each searched and a page at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sandbox.engine.fleet import Node
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
        return max(1, -(-self.found // PAGE))

    def address(self, number: int) -> str:
        """The query of another page."""
        return f"?{self.query}page={number}"


@dataclass(frozen=True)
class AccountRow:
    """An account with the names of the units above it, and its nodes by state."""

    account: Account
    path: str
    nodes: Counter[str]


def list_accounts(world: World, asked: Asked) -> Listed[AccountRow]:
    """The accounts whose id, name or state holds `search`."""
    counts: dict[str, Counter[str]] = {}
    for node in world.fleet.nodes.values():
        counts.setdefault(node.account_id, Counter())[node.state] += 1
    found = [
        account
        for account in world.organization.accounts.values()
        if _matches(asked, account.account_id, account.name, account.state)
    ]
    listed = _page(found, asked)
    rows = [AccountRow(a, _path_of(world, a), counts.get(a.account_id, Counter())) for a in listed.rows]
    return Listed(rows, listed.found, listed.number, listed.query)


def list_nodes(world: World, asked: Asked) -> Listed[Node]:
    """The nodes of which an id, name, place, system, state or tag holds `search`."""
    return _page([node for node in world.fleet.nodes.values() if _matches(asked, *_words_of(world, node))], asked)


def log_filters(asked: Asked) -> dict[str, str]:
    """The filters of the log that a request names, without the empty ones."""
    return {name: asked[name].strip() for name in LOG_FILTERS if asked.get(name, "").strip()}


def _words_of(world: World, node: Node) -> Iterable[str]:
    own = (node.instance_id, node.name, node.account_id, node.region, node.operating_system, node.state)
    return (*own, node.ping_at(world.now()), *(f"{key}={value}" for key, value in node.tags.items()))


def _matches(asked: Asked, *words: str) -> bool:
    wanted = asked.get("search", "").strip().lower()
    return not wanted or any(wanted in word.lower() for word in words)


def _path_of(world: World, account: Account) -> str:
    units = world.organization.units
    return " / ".join(units[unit_id].name for unit_id in world.organization.lineage(account.account_id))


def _page(found: list[Any], asked: Asked) -> Listed[Any]:
    told = asked.get("page", "")
    last = max(1, -(-len(found) // PAGE))
    number = min(last, max(1, int(told))) if NUMBER.fullmatch(told) else 1
    kept = urlencode({"search": asked["search"]}) + "&" if asked.get("search") else ""
    return Listed(found[(number - 1) * PAGE : number * PAGE], len(found), number, kept)
