"""Whether nodes can do what a policy asks of them: where to look, and each node with its lights and remedies."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.domain.node_access import Light
from policies.models import Policy, Shard
from policies.observe import columns, exports
from policies.observe.preflight import read_preflight
from policies.observe.views.policy import ROWS_PER_PAGE, find_policy, frame

MOST_LETTERS = 124


@requires(Role.VIEWER)
@require_safe
def policy_access(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """The accounts and Regions whose nodes can be checked; nothing is asked of AWS yet. Or as a file."""
    found = find_policy(configuration_id)
    shards = _shards(found).order_by("account__name", "region", "pk")
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-places", columns.PLACES, shards)
    page = Paginator(shards, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "observe/policy_access.html", {**frame(found, "policy_accounts"), "page": page})


@requires(Role.VIEWER)
@require_safe
def policy_preflight(request: HttpRequest, configuration_id: str, shard: int) -> HttpResponseBase:
    """The nodes of one account-Region, or one of them (`node`), as AWS tells them now; or as a file."""
    found = find_policy(configuration_id)
    place = get_object_or_404(_shards(found), pk=shard)
    wanted = request.GET.get("node", "").replace("\0", "")[:MOST_LETTERS]
    context: dict[str, Any] = {**frame(found, "policy_accounts"), "shard": place, "wanted": wanted}
    try:
        told = read_preflight(found, place, connection(), wanted)
        if exports.is_wanted(request):
            return exports.export(request, f"{configuration_id}-access", columns.CHECKED, told)
        context["page"] = Paginator(told, ROWS_PER_PAGE).get_page(request.GET.get("page"))
        context["counts"] = {light.value: sum(one.light is light for one in told) for light in Light}
    except AwsProblem as problem:
        context["problem"] = problem
    return render(request, "observe/policy_preflight.html", context)


def _shards(policy: Policy) -> Any:
    regions = policy.asked.targets.regions
    return Shard.objects.filter(account__is_active=True, region__in=regions).select_related("account")
