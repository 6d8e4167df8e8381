"""The list of accounts and Regions: how fresh what we know of each is."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.models import Shard
from policies.observe import exports
from policies.observe.refreshing import Reading, Scope

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
}


@requires(Role.VIEWER)
@require_safe
def account_list(request: HttpRequest) -> HttpResponseBase:
    """Every account-Region with how fresh what we know of it is; or all of them as a file."""
    shards = Shard.objects.filter(account__is_active=True).select_related("account")
    shards = shards.order_by("-account__is_management", "account__name", "region", "pk")
    if exports.is_wanted(request):
        return exports.export(request, "accounts-and-regions", SHARD_COLUMNS, shards)
    page = Paginator(shards, PLACES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "observe/account_list.html", {"page": page, "reading": Reading(Scope())})
