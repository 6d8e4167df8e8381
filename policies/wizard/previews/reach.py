"""What targets reach, counted from the inventory: the figures, the lists that they open, doubts, rate in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policies.domain.problems import check_rate
from policies.domain.spec import NodeScope, RateControl, Targets
from policies.domain.targets import Wave, explain_rate, wave_of
from policies.models import Account, Node, Shard
from policies.wizard.doubts import Found, find_doubts, find_uncounted
from policies.wizard.facts import told
from policies.wizard.forms import RateForm, TargetsForm
from policies.wizard.matching import Matches, find_matches
from policies.wizard.previews.look import Context, Look, saved_targets

MOST_WAVES = 5
"""Account-Regions that are told one by one, the largest first."""


@dataclass(frozen=True)
class Reach:
    """The matches of some targets, and every doubt about them."""

    matches: Matches
    doubts: tuple[Found, ...]


@dataclass(frozen=True)
class RegionWave:
    """One account-Region and what rate control means in it."""

    shard: Shard
    wave: Wave


@dataclass(frozen=True)
class CountedPlace:
    """An account, or a Region (`account` is None), with how many nodes match there."""

    account: Account | None
    region: str
    nodes: int


@dataclass(frozen=True)
class NodeRows:
    """Nodes by their keys, of which only the page that is shown is read."""

    keys: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, part: slice) -> list[Node]:
        rows = Node.objects.select_related("shard__account").in_bulk(self.keys[part])
        return [rows[key] for key in self.keys[part] if key in rows]


def find_reach(look: Look) -> Context:
    """What the targets on the screen match now."""
    return {"reach": _reach_of(look, look.form_as(TargetsForm).targets_or_none())}


def find_saved_reach(look: Look) -> Context:
    """What the saved targets match, for the review."""
    return {"reach": _reach_of(look, saved_targets(look))}


def find_listed(look: Look) -> Context:
    """One of the lists behind the figures (`list`), a page of it (`page`): of the answers on the screen when they were
    sent, else of those saved. Raises LookupError for a list that there is not.
    """
    sent = look.form_as(TargetsForm).targets_or_none() if look.form else None
    reach = _reach_of(look, sent or saved_targets(look))
    name = look.wanted.get("list", "nodes")
    return {"list": name, "page": look.page(_rows(reach, name), "page"), "doubt": _doubt(reach, name)}


def find_rate_in_numbers(look: Look) -> Context:
    """What the two figures mean for the nodes that the saved targets match, in each account and Region on its own."""
    form = look.form_as(RateForm)
    concurrency, threshold = ("".join(form.typed(name)[-1:]).strip() for name in ("concurrency", "error_threshold"))
    targets = saved_targets(look)
    if targets is None:
        return {}
    matches = match_nodes(look, targets)
    if check_rate(concurrency, threshold):
        return {"matches": matches}
    rate, by_shard = RateControl(concurrency, threshold), matches.by_shard
    return {
        "matches": matches,
        "explained": explain_rate(rate, [count for _, count in by_shard]),
        "waves": [RegionWave(shard, wave_of(rate, count)) for shard, count in by_shard[:MOST_WAVES]],
        "others": max(0, len(by_shard) - MOST_WAVES),
        "smallest": wave_of(rate, by_shard[-1][1]) if by_shard else None,
    }


def _reach_of(look: Look, targets: Targets | None) -> Reach | None:
    if targets is None:
        return None
    matches = match_nodes(look, targets)
    regions = told(look.facts.regions)
    enabled = None if regions is None else [region.name for region in regions if region.is_enabled]
    uncounted = find_uncounted(targets, matches, told(look.facts.organization), enabled)
    return Reach(matches, (*find_doubts(matches, look.draft.policy), *uncounted))


def match_nodes(look: Look, targets: Targets) -> Matches:
    """What targets match now; raises AwsProblem when AWS must tell a resource group's members and does not."""
    members: Iterable[str] = ()
    if targets.node_scope is NodeScope.RESOURCE_GROUP and targets.resource_group:
        members = look.facts.group_members(targets.regions, targets.resource_group)
    return find_matches(targets, look.facts.caller().account_id, frozenset(members))


def _doubt(reach: Reach | None, name: str) -> Found | None:
    return next((found for found in reach.doubts if found.key == name), None) if reach else None


def _rows(reach: Reach | None, name: str) -> Any:
    """Nodes, account-Regions or counted places; a queryset or a list."""
    if reach is None:
        return []
    matches, found = reach.matches, _doubt(reach, name)
    if found:
        return found.shards or NodeRows(found.nodes)
    lists: dict[str, Any] = {
        "nodes": lambda: NodeRows(tuple(node.key for node in matches.nodes)),
        "accounts": lambda: [CountedPlace(account, "", count) for account, count in matches.by_account],
        "regions": lambda: [CountedPlace(None, region, count) for region, count in matches.by_region],
        "outside": lambda: [CountedPlace(account, "", 0) for account in matches.outside],
    }
    if name not in lists:
        raise LookupError(name)
    return lists[name]()
