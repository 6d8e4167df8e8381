"""Counted from the inventory: tags to choose from, nodes to pick, what targets match, what rate control means."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache
from django.db.models import Q

from policies.domain.problems import check_rate
from policies.domain.spec import NodeScope, RateControl, Targets
from policies.domain.targets import explain_rate
from policies.models import Node
from policies.wizard.facts import SECONDS_REMEMBERED
from policies.wizard.forms import RateForm, TargetsForm
from policies.wizard.matching import Matches, count_matches
from policies.wizard.previews.look import MOST_SHOWN, Context, Look, saved_targets

TAGS_KEY = "wizard:tags"
MOST_OFFERED = 500
"""Tag keys or values offered while typing."""


def find_tags(look: Look) -> Context:
    """Tag keys of the fleet, and the values of the key that was typed."""
    tags = _known_tags()
    key = look.form_as(TargetsForm).typed("tag_key")
    values = tags.get(key[-1] if key else "", ())
    return {"keys": sorted(tags)[:MOST_OFFERED], "values": sorted(values)[:MOST_OFFERED]}


def find_nodes(look: Look) -> Context:
    """EC2 nodes to pick from, by name or id; those picked already stay in the list."""
    words = look.search("node_search")
    picked = {
        word for value in look.form_as(TargetsForm).typed("instance_ids") for word in value.replace(",", " ").split()
    }
    nodes = Node.objects.filter(gone_at=None, instance_id__startswith="i-").select_related("shard__account")
    chosen = list(nodes.filter(instance_id__in=picked))
    found = nodes.exclude(instance_id__in=picked).filter(Q(name__icontains=words) | Q(instance_id__icontains=words))
    return {
        "chosen": chosen,
        "unknown": sorted(picked - {node.instance_id for node in chosen}),
        "nodes": found[:MOST_SHOWN],
        "total": found.count(),
        "search": words,
    }


def find_matches(look: Look) -> Context:
    """What the targets on the screen match now."""
    targets = look.form_as(TargetsForm).targets_or_none()
    return _count(look, targets)


def find_rate_in_numbers(look: Look) -> Context:
    """What the two figures mean for the nodes that the saved targets match."""
    form = look.form_as(RateForm)
    concurrency, threshold = (("".join(form.typed(name)[-1:])).strip() for name in ("concurrency", "error_threshold"))
    counted = _count(look, saved_targets(look))
    if check_rate(concurrency, threshold) or "matches" not in counted:
        return counted
    matches: Matches = counted["matches"]
    return {**counted, "explained": explain_rate(RateControl(concurrency, threshold), matches.nodes)}


def _count(look: Look, targets: Targets | None) -> Context:
    if targets is None:
        return {}
    members: Iterable[str] = ()
    if targets.node_scope is NodeScope.RESOURCE_GROUP and targets.resource_group:
        members = look.facts.group_members(targets.regions, targets.resource_group)
    account_id = look.facts.caller().account_id
    return {"targets": targets, "matches": count_matches(targets, account_id, frozenset(members), look.draft.policy)}


def _known_tags() -> dict[str, set[str]]:
    """Every tag key of the living nodes with its values, remembered for a minute."""
    known: dict[str, set[str]] | None = cache.get(TAGS_KEY)
    if known is None:
        known = {}
        for tags in Node.objects.filter(gone_at=None).values_list("tags", flat=True).iterator():
            for key, value in tags.items():
                known.setdefault(key, set()).add(value)
        cache.set(TAGS_KEY, known, SECONDS_REMEMBERED)
    return known
