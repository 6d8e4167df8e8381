"""The list of nodes: filtered, sorted, in pages; or all of it as a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import Node, NodeCompliance, NodePolicy
from policies.observe import exports, reports, tallies
from policies.observe.filters import NodeFilter
from policies.observe.paging import order_by, read_order, read_page
from policies.observe.views.filter_fields import choices_of_parts, choices_of_standing
from policies.observe.views.saved import views_for

NODES_PER_PAGE = 50
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name", "instance_id"),
    "account": ("shard__account__name", "name"),
    "region": ("shard__region", "name"),
    "system": ("operating_system", "name"),
    "missing": ("compliance__missing", "name"),
    "scanned": ("compliance__scanned_at", "name"),
}
COLUMNS: exports.Columns = {
    "instance_id": lambda node: node.instance_id,
    "name": lambda node: node.name,
    "account_id": lambda node: node.shard.account_id,
    "account": lambda node: node.shard.account.name,
    "region": lambda node: node.shard.region,
    "operating_system": lambda node: node.operating_system,
    "platform": lambda node: node.platform,
    "policy_status": lambda node: [f"{under.policy.configuration_id}:{under.status}" for under in node.policies.all()],
    "findings": lambda node: getattr(node, "compliance", NodeCompliance()).findings,
    "missing": lambda node: getattr(node, "compliance", NodeCompliance()).missing,
    "scanned_at": lambda node: getattr(node, "compliance", NodeCompliance()).scanned_at,
}


class Under(NamedTuple):
    """How a node stands under a policy."""

    name: str
    status: str
    configuration_id: str


@requires(Role.VIEWER)
@require_safe
def node_list(request: HttpRequest) -> HttpResponseBase:
    """Every node, filtered, sorted, in pages; or all of them as a file. As of the newest count, as the dashboard is."""
    wanted, last = NodeFilter.read(request.GET), tallies.newest()
    as_of = last.as_of if last else reports.read_freshness().as_of
    sort = request.GET.get("sort", "name")
    order = read_order(sort, SORTS)
    nodes = wanted.apply(Node.objects.living(), as_of or timezone.now())
    if exports.is_wanted(request):
        return exports.export(request, "nodes", COLUMNS, order_by(_whole(nodes), *order))
    page = read_page(_values(nodes), order, request.GET, NODES_PER_PAGE, tallies.count_list(wanted, last))
    context = {
        "as_of": as_of,
        "wanted": wanted,
        "choices": {**choices_of_parts(last), **choices_of_standing(wanted)},
        "page": page,
        "policies": _policies_of(page.rows),
        "sort": sort,
        **views_for(request, "node_list"),
        "any_node": not page.rows and Node.objects.living().exists(),
    }
    return render(request, "observe/node_list.html", context)


def _whole(nodes: QuerySet[Node]) -> QuerySet[Node]:
    """With what COLUMNS tells of each."""
    under = Prefetch("policies", NodePolicy.objects.select_related("policy").defer("policy__spec", "results"))
    return nodes.select_related("shard__account", "compliance").prefetch_related(under)


def _values(nodes: QuerySet[Node]) -> QuerySet[Node, Any]:
    """What the page shows of each, as plain values: to make objects of them takes longer than to read them."""
    return nodes.values_list(
        "pk", "name", "instance_id", "platform", "operating_system", "shard__region", "shard__account_id",
        "shard__account__name", "compliance__findings", "compliance__missing", "compliance__scanned_at", named=True,
    )  # fmt: skip


def _policies_of(rows: Iterable[Any]) -> dict[int, list[Under]]:
    """How each row's node stands under which policies."""
    pairs = NodePolicy.objects.filter(node__in=[row.pk for row in rows]).order_by()
    told: dict[int, list[Under]] = defaultdict(list)
    for node, *under in pairs.values_list("node", "policy__name", "status", "policy__configuration_id"):
        told[node].append(Under(*under))
    return {node: sorted(under) for node, under in told.items()}
