"""The pages of the whole fleet: the dashboard and the list of nodes."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.status import Findings, PolicyStatus
from policies.models import NodeCompliance, NodePolicy, Policy, Tally
from policies.observe import charts, exports, reports, tallies, trends
from policies.observe.filters import AGES, COVERS, NodeFilter, living_nodes
from policies.observe.paging import order_by, read_page
from policies.observe.views.saved import views_for

NODES_PER_PAGE = 50
MOST_BANNERS = 5
HEAT_ROWS = 12
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name", "instance_id"),
    "account": ("shard__account__name", "name"),
    "region": ("shard__region", "name"),
    "system": ("operating_system", "name"),
    "missing": ("compliance__missing", "name"),
    "scanned": ("compliance__scanned_at", "name"),
}
NODE_COLUMNS: exports.Columns = {
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
DAY_COLUMNS: exports.Columns = {"day": lambda day: day[0]} | {
    name: lambda day, name=name: getattr(day[1], name) for name in tallies.NAMES
}


@requires(Role.VIEWER)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """The whole organization in numbers, each of which opens its list; or the days that are kept as a file."""
    freshness, wanted, last = reports.read_freshness(), NodeFilter.read(request.GET), tallies.newest()
    days = tallies.read_trend(wanted)
    if exports.is_wanted(request):
        return exports.export(request, "days", DAY_COLUMNS, days)
    at = freshness.reckoned_at
    told = tallies.read_numbers(wanted, last, at, days)
    accounts = list(tallies.accounts_by_need(wanted, last)[:HEAT_ROWS])
    context = {
        "freshness": freshness,
        "counted_at": last.as_of if last and wanted.part else freshness.as_of,
        "wanted": wanted,
        "options": _options(last),
        **views_for(request, "dashboard"),
        "told": told,
        "trend": trends.draw_trend(days, wanted),
        "severities": charts.draw_severities(told, wanted),
        "slices": charts.draw_donut(told.findings, wanted),
        "status_parts": charts.bar_parts(told.statuses),
        "heat_map": reports.read_heat_map(accounts, wanted, at),
        "top_nodes": reports.top_nodes(wanted, at),
        "missing_baselines": Policy.objects.living().exclude(missing_baselines=[])[:MOST_BANNERS],
    }
    return render(request, _page_or_fragment(request, "dashboard"), context)


def _page_or_fragment(request: HttpRequest, name: str) -> str:
    """The fragment alone when htmx asks for it by its id, else the page that includes it."""
    asked = request.headers.get("HX-Target") == name
    return f"observe/_{name}.html" if asked else f"observe/{name}.html"


def _options(last: Tally | None) -> dict[str, Any]:
    """What the filters offer."""
    return {
        **tallies.keys_of(last),
        "policies": Policy.objects.living().only("configuration_id", "name"),
        "findings": list(Findings),
        "statuses": list(PolicyStatus),
        "ages": AGES,
        "covers": COVERS,
    }


@requires(Role.VIEWER)
@require_safe
def node_list(request: HttpRequest) -> HttpResponseBase:
    """Every node, filtered, sorted, in pages; or all of them as a file."""
    freshness, wanted = reports.read_freshness(), NodeFilter.read(request.GET)
    sort = request.GET.get("sort", "name")
    order = (SORTS.get(sort.removeprefix("-"), SORTS["name"]), sort.startswith("-"))
    under = Prefetch("policies", NodePolicy.objects.select_related("policy").defer("policy__spec", "results"))
    nodes = wanted.apply(living_nodes(), freshness.reckoned_at)
    nodes = nodes.select_related("shard__account", "compliance").prefetch_related(under)
    if exports.is_wanted(request):
        return exports.export(request, "nodes", NODE_COLUMNS, order_by(nodes, *order))
    page = read_page(nodes, order, request.GET, NODES_PER_PAGE)
    context = {
        "freshness": freshness,
        "wanted": wanted,
        "options": _options(tallies.newest()),
        "page": page,
        "sort": sort,
        **views_for(request, "node_list"),
        "any_node": not page.rows and living_nodes().exists(),
    }
    return render(request, "observe/node_list.html", context)
