"""What an edit does to nodes and to the clock: who comes under the policy, who leaves it, and when it runs next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from policies.domain.schedule import next_runs, parse
from policies.domain.spec import PolicySpec, Schedule, Targets
from policies.models import Node, Policy
from policies.wizard.draft import read_draft
from policies.wizard.facts import told
from policies.wizard.previews.look import MOST_SHOWN, Context, Look
from policies.wizard.previews.reach import match_nodes


@dataclass(frozen=True)
class NodeList:
    """So many nodes, and the first of them by name."""

    count: int
    nodes: QuerySet[Node]


@dataclass(frozen=True)
class NextRun:
    """The next scan or installation as the policy stands and as it will; None where there is none."""

    purpose: str
    before: datetime | None
    after: datetime | None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def find_effect(look: Look) -> Context:
    """Nodes added and removed by the edit, from the inventory, and the next runs before and after it."""
    policy, reading = look.draft.policy, read_draft(look.draft, look.facts)
    if policy is None or reading.wrong:
        return {"is_wrong": True}
    asked = reading.make_spec()
    before, after = _nodes_of(look, policy.asked.targets), _nodes_of(look, asked.targets)
    return {
        "added": _listed(after - before),
        "removed": _listed(before - after),
        "staying": len(before & after),
        "runs": _next_runs(policy, asked, told(look.facts.now) or look.now),
    }


def _nodes_of(look: Look, targets: Targets) -> frozenset[int]:
    return frozenset(node.key for node in match_nodes(look, targets).nodes)


def _listed(keys: frozenset[int]) -> NodeList:
    return NodeList(len(keys), Node.objects.filter(pk__in=keys).select_related("shard__account")[:MOST_SHOWN])


def _next_runs(policy: Policy, asked: PolicySpec, now: datetime) -> tuple[NextRun, ...]:
    was = policy.asked
    runs = (
        NextRun("scan", _next(was.scan, now), _next(asked.scan, now)),
        NextRun("install", _next(was.install, now), _next(asked.install, now)),
    )
    return tuple(run for run in runs if run.before or run.after)


def _next(schedule: Schedule | None, now: datetime) -> datetime | None:
    """None without a schedule. A rate is counted from now, as if it were deployed at once."""
    runs = next_runs(parse(schedule.expression), now, 1) if schedule else ()
    return runs[0] if runs else None
