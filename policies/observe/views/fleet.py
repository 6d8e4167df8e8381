"""The pages that show what is true: dashboard, policies, nodes, accounts and Regions."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Prefetch, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from policies.access import Role, requires
from policies.domain.status import Findings, PolicyStatus
from policies.models import NodePolicy, Policy, Shard, Tally
from policies.observe import charts, reports, tallies
from policies.observe.collect import queue_reading
from policies.observe.filters import AGES, COVERS, NodeFilter, living_nodes
from policies.shell import way_back

log = logging.getLogger(__name__)

NODES_PER_PAGE = 50
MOST_BANNERS = 5
HEAT_ROWS = 12
SORTS = {
    "name": ("name", "instance_id"),
    "account": ("shard__account__name", "name"),
    "region": ("shard__region", "name"),
    "system": ("operating_system", "name"),
    "missing": ("compliance__missing", "name"),
    "scanned": ("compliance__scanned_at", "name"),
}


@requires(Role.VIEWER)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The whole organization in numbers; each opens its list."""
    freshness, wanted, last = reports.read_freshness(), NodeFilter.read(request.GET), tallies.newest()
    at = freshness.reckoned_at
    told = tallies.read_numbers(wanted, last, at)
    accounts = list(tallies.accounts_by_need(wanted, last)[:HEAT_ROWS])
    context = {
        "freshness": freshness,
        "counted_at": last.as_of if last and wanted.part else freshness.as_of,
        "wanted": wanted,
        "options": _options(last),
        "told": told,
        "slices": charts.draw_donut(told.findings, wanted),
        "status_parts": charts.bar_parts(told.statuses),
        "heat_map": reports.read_heat_map(accounts, wanted, at),
        "top_nodes": reports.top_nodes(wanted, at),
        "policies": Policy.objects.living().count(),
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
def node_list(request: HttpRequest) -> HttpResponse:
    """Every node, filtered, sorted, in pages."""
    freshness = reports.read_freshness()
    wanted = NodeFilter.read(request.GET)
    found = wanted.apply(living_nodes(), freshness.reckoned_at)
    sort = request.GET.get("sort", "name")
    order = SORTS.get(sort.removeprefix("-"), SORTS["name"])
    if sort.startswith("-"):
        order = (f"-{order[0]}", *order[1:])
    under = Prefetch("policies", NodePolicy.objects.select_related("policy").order_by("policy__name"))
    nodes = found.select_related("shard__account", "compliance").prefetch_related(under).order_by(*order, "pk")
    page = Paginator(nodes, NODES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "freshness": freshness,
        "wanted": wanted,
        "options": _options(tallies.newest()),
        "page": page,
        "sort": sort,
        "any_node": not wanted.is_empty and living_nodes().exists(),
    }
    return render(request, "observe/node_list.html", context)


@requires(Role.VIEWER)
@require_safe
def account_list(request: HttpRequest) -> HttpResponse:
    """Every account-Region with how fresh what we know of it is."""
    shards = (
        Shard.objects.filter(account__is_active=True)
        .select_related("account")
        .annotate(node_count=Count("nodes", filter=Q(nodes__gone_at=None)), newest=Max("nodes__compliance__scanned_at"))
        .order_by("-account__is_management", "account__name", "region")
    )
    page = Paginator(shards, NODES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "observe/account_list.html", {"page": page, "freshness": reports.read_freshness()})


@requires(Role.OPERATOR)
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Read every account and Region now, and go back to the page that asked."""
    try:
        queue_reading()
    except OperationalError:
        log.exception("a reading could not be queued")
        messages.error(request, _("The workers cannot be reached. What is shown is what was last read."))
    else:
        messages.info(request, _("Every account and Region is being read again."), extra_tags="in-progress")
    return HttpResponseRedirect(way_back(request))
