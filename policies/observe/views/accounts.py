"""The list of accounts and Regions: how fresh what we know of each is."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.status import ShardStatus
from policies.models import Shard
from policies.observe import exports
from policies.observe.paging import order_by, read_order
from policies.observe.refreshing import Reading, Scope
from policies.observe.shard_filter import ShardFilter, units_and_regions
from policies.observe.views.filter_fields import choices_of_units

PLACES_PER_PAGE = 50
SHARD_COLUMNS: exports.Columns = {
    "account_id": lambda shard: shard.account_id,
    "account": lambda shard: shard.account.name,
    "region": lambda shard: shard.region,
    "status": lambda shard: shard.status,
    "nodes": lambda shard: shard.node_count,
    "collected_at": lambda shard: shard.collected_at,
    "observed_at": lambda shard: shard.observed_at,
    "error_code": lambda shard: shard.error_code,
    "error_message": lambda shard: shard.error_message,
    "remedy": lambda shard: str(shard.remedy or ""),
}
SORTS: dict[str, tuple[str, ...]] = {
    "account": ("account__name", "region"),
    "region": ("region", "account__name"),
    "status": ("status", "account__name"),
    "nodes": ("node_count", "account__name"),
    "read": ("collected_at", "account__name"),
}


@requires(Role.VIEWER)
@require_safe
def account_list(request: HttpRequest) -> HttpResponseBase:
    """Every account-Region with how fresh what we know of it is, filtered, sorted, in pages; or all as a file."""
    wanted, sort = ShardFilter.read(request.GET), request.GET.get("sort", "account")
    shards = Shard.objects.filter(account__is_active=True)
    rows = order_by(wanted.apply(shards.select_related("account")), *read_order(sort, SORTS))
    if exports.is_wanted(request):
        return exports.export(request, "accounts-and-regions", SHARD_COLUMNS, rows)
    units, regions = units_and_regions(shards)
    page = Paginator(rows, PLACES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "firsts": {shard.account_id: shard.pk for shard in reversed(page)}.values(),  # of each account, to refresh it
        "wanted": wanted,
        "sort": sort,
        "statuses": list(ShardStatus),
        "reading": Reading(Scope()),
        "units": choices_of_units(units),
        "regions": regions,
    }
    return render(request, "observe/account_list.html", context)
