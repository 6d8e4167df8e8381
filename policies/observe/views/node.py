"""The pages of one node: how it stands and why, what runs next on it, what changed; and its patches, asked of AWS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.aws.patches import STATES, list_patches
from policies.domain.exit_codes import Explanation, explain_ending
from policies.domain.schedule import next_runs, parse
from policies.domain.spec import Schedule
from policies.models import Node, NodePolicy
from policies.observe import columns, exports, reports
from policies.observe.missing_patches import keep_missing
from policies.observe.refreshing import Reading, Scope

CHANGES_SHOWN = 30
SCANS_SHOWN = 10


@dataclass(frozen=True)
class Under:
    """A policy that reaches the node: how the node stands there, and what will run next; a moment of AWS's clock."""

    row: NodePolicy
    next_scan: datetime | None
    next_install: datetime | None

    @property
    def explanation(self) -> Explanation | None:
        """Why its newest run failed and what to try, where that is known."""
        return explain_ending(self.row.exit_code, self.row.detail)


@requires(Role.VIEWER)
@require_safe
def node(request: HttpRequest, pk: int) -> HttpResponse:
    """One node: what it is, how it stands under each policy, what its last scan found, what changed and why."""
    found = _find(pk)
    freshness = reports.read_freshness()
    context = {
        "node": found,
        "under": [_under(row, freshness.reckoned_at) for row in found.policies.select_related("policy")],
        "changes": found.flips.select_related("policy", "scan")[:CHANGES_SHOWN],
        "scans": found.scans.select_related("policy")[:SCANS_SHOWN],
        "freshness": freshness,
        "reading": Reading(Scope(node=str(pk))),
    }
    return render(request, "observe/node.html", context)


@requires(Role.VIEWER)
@require_safe
def node_patches(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The node's patches that are not as they should be, or those in one state (`state`), in AWS's own pages.

    Or all of them as a file.
    """
    found = _find(pk)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    context: dict[str, Any] = {"node": found, "state": state, "states": STATES}
    try:
        member = connection().in_account(found.shard.account_id)
        read = partial(list_patches, member, found.shard.region, found.instance_id, state)
        page = context["found"] = read(request.GET.get("token", ""))
    except AwsProblem as problem:
        context["problem"] = problem
    else:
        if not request.GET.get("token"):
            keep_missing(found, page, state)
        if exports.is_wanted(request):
            rows = exports.every_page(page, read)
            return exports.export(request, f"{found.instance_id}-patches", columns.PATCHES, rows)
    return render(request, "observe/node_patches.html", context)


def _find(pk: int) -> Node:
    return get_object_or_404(Node.objects.select_related("shard__account", "compliance"), pk=pk)


def _under(row: NodePolicy, after: datetime) -> Under:
    spec = row.policy.asked
    return Under(row, _next(spec.scan, after), _next(spec.install, after))


def _next(schedule: Schedule | None, after: datetime) -> datetime | None:
    return next(iter(next_runs(parse(schedule.expression), after, 1)), None) if schedule else None
