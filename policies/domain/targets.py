"""Which nodes a policy matches, in which Regions it can live, and what rate control means in numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from policies.domain.sentence import N_, Sentence, counted
from policies.domain.spec import NodeScope, RateControl, Targets

REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
)  # fmt: skip
"""The 16 Regions in which Quick Setup supports patch policies."""


def matches(targets: Targets, instance_id: str, tags: Mapping[str, str]) -> bool:
    """Whether a managed node of a chosen account and Region is a target.

    An empty tag value matches every value. Raises ValueError for a resource group: only AWS knows its members.
    """
    if targets.node_scope is NodeScope.ALL:
        return True
    if targets.node_scope is NodeScope.MANUAL:
        return instance_id in targets.instance_ids
    if targets.node_scope is NodeScope.RESOURCE_GROUP:
        raise ValueError("the members of a resource group are AWS's to tell")
    if targets.tag_key not in tags:
        return False
    return not targets.tag_value or tags[targets.tag_key] == targets.tag_value


def is_in_units(unit_path: str, unit_ids: Collection[str]) -> bool:
    """Whether an account with this path (ids from the root down, joined by "/") lies in one of the units or below."""
    return not set(unit_ids).isdisjoint(unit_path.split("/"))


def at_a_time(concurrency: str, node_count: int) -> int:
    """How many of the nodes run at once: at least one, a percentage rounded down. Raises ValueError for nonsense."""
    return max(1, min(node_count, _share(concurrency, node_count)))


def tolerated_errors(error_threshold: str, node_count: int) -> int:
    """How many nodes may fail; the run stops with the next one. Raises ValueError for nonsense."""
    return _share(error_threshold, node_count)


@dataclass(frozen=True)
class Wave:
    """What rate control means for so many nodes: how many at once; `stops_at` is the error that stops it, 0 if none."""

    nodes: int
    at_once: int
    stops_at: int


def wave_of(rate: RateControl, node_count: int) -> Wave:
    """The two figures for one association, which counts the nodes of its own account and Region alone."""
    stop = tolerated_errors(rate.error_threshold, node_count) + 1
    return Wave(node_count, at_a_time(rate.concurrency, node_count), stop if stop <= node_count else 0)


def explain_rate(rate: RateControl, node_counts: Collection[int]) -> Sentence:
    """What the figures mean for the nodes of each account-Region: "10% of 430 nodes: 43 at a time; stops at the 9th
    error" for a single one; for several how many run at once in all, since each counts on its own.
    """
    waves = [wave_of(rate, count) for count in node_counts if count]
    if not waves:
        return Sentence(N_("No nodes match now, so there is nothing to count yet."))
    if len(waves) == 1:
        return _explain_wave(rate, waves[0])
    nodes, at_once = sum(wave.nodes for wave in waves), sum(wave.at_once for wave in waves)
    return Sentence(
        N_(
            "%(nodes)s nodes in %(places)s accounts and Regions, each on its own: at most %(at_once)s at a time in all."
        ),
        {"nodes": nodes, "places": len(waves), "at_once": at_once},
    )


def _explain_wave(rate: RateControl, wave: Wave) -> Sentence:
    values: dict[str, object] = {"concurrency": rate.concurrency, "at_once": wave.at_once, "stop": wave.stops_at}
    if not wave.stops_at:
        return counted(
            "%(concurrency)s of %(count)s node: %(at_once)s at a time; errors do not stop it.",
            "%(concurrency)s of %(count)s nodes: %(at_once)s at a time; errors do not stop it.",
            wave.nodes,
            values,
        )
    return _explain_stop(rate.concurrency.endswith("%"), wave.nodes, values)


def _explain_stop(is_share: bool, node_count: int, values: dict[str, object]) -> Sentence:
    if is_share:
        return counted(
            "%(concurrency)s of %(count)s node: %(at_once)s at a time; stops at error number %(stop)s.",
            "%(concurrency)s of %(count)s nodes: %(at_once)s at a time; stops at error number %(stop)s.",
            node_count,
            values,
        )
    return counted(
        "%(count)s node: %(at_once)s at a time; stops at error number %(stop)s.",
        "%(count)s nodes: %(at_once)s at a time; stops at error number %(stop)s.",
        node_count,
        values,
    )


def _share(figure: str, node_count: int) -> int:
    if figure.endswith("%"):
        return node_count * int(figure[:-1]) // 100
    return int(figure)
