"""Accounts by Regions in full: which of them have nodes that lack something, the worst accounts first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import Account
from policies.observe import exports, reports, tallies
from policies.observe.filters import NodeFilter
from policies.observe.heat_map import Cell, accounts_by_need, read_heat_map
from policies.observe.views.filter_fields import choices_of_parts

ACCOUNTS_PER_PAGE = 50
COLUMNS: exports.Columns = {
    "account_id": lambda row: row[0].pk,
    "account": lambda row: row[0].name,
    "region": lambda row: row[1].region,
    "status": lambda row: row[1].status,
    "nodes": lambda row: row[1].nodes,
    "nodes_with_findings": lambda row: row[1].lacking,
    "nodes_never_scanned": lambda row: row[1].unscanned,
}


@requires(Role.VIEWER)
@require_safe
def heat_map(request: HttpRequest) -> HttpResponseBase:
    """Every account in every Region, in pages of accounts; or all of them as a file."""
    freshness, wanted = reports.read_freshness(), NodeFilter.read(request.GET)
    accounts = accounts_by_need(wanted)
    if exports.is_wanted(request):
        return exports.export(request, "findings", COLUMNS, _cells(accounts, wanted, freshness.reckoned_at))
    page = Paginator(accounts, ACCOUNTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "freshness": freshness,
        "wanted": wanted,
        "choices": choices_of_parts(tallies.newest()),
        "page": page,
        "heat_map": read_heat_map(page, wanted, freshness.reckoned_at),
    }
    return render(request, "observe/heat_map.html", context)


def _cells(accounts: QuerySet[Account], wanted: NodeFilter, as_of: datetime) -> Iterator[tuple[Account, Cell]]:
    """Account by account in the order of the pages, as many at a time as a page has."""
    for page in Paginator(accounts, ACCOUNTS_PER_PAGE):
        yield from read_heat_map(page, wanted, as_of).cells
