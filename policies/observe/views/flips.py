"""The list of changes of status: which node, from what to what, why, and by whose run."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.ledger import FlipCause, FlipKind
from policies.models import Flip, Node, Policy
from policies.observe import exports, reports
from policies.observe.flip_filter import FlipFilter
from policies.observe.paging import order_by, read_page

FLIPS_PER_PAGE = 50
NEWEST_FIRST = (("seen_at",), True)
COLUMNS: exports.Columns = {
    "seen_at": lambda flip: flip.seen_at,
    "happened_at": lambda flip: flip.happened_at,
    "instance_id": lambda flip: flip.node.instance_id,
    "name": lambda flip: flip.node.name,
    "account_id": lambda flip: flip.node.shard.account_id,
    "account": lambda flip: flip.node.shard.account.name,
    "region": lambda flip: flip.node.shard.region,
    "kind": lambda flip: flip.kind,
    "before": lambda flip: flip.before,
    "after": lambda flip: flip.after,
    "cause": lambda flip: flip.cause,
    "policy": lambda flip: flip.policy.configuration_id if flip.policy else None,
    "source": lambda flip: flip.scan.source if flip.scan else None,
    "scanner": lambda flip: flip.scan.scanner if flip.scan else None,
    "patch_group": lambda flip: flip.scan.patch_group if flip.scan else None,
    "install_override_list": lambda flip: flip.scan.install_list if flip.scan else None,
    "baseline_id": lambda flip: flip.scan.baseline_id if flip.scan else None,
    "execution_id": lambda flip: flip.execution_id,
    "exit_code": lambda flip: flip.exit_code,
}


@requires(Role.VIEWER)
@require_safe
def flip_list(request: HttpRequest) -> HttpResponseBase:
    """Every change of a node's status that is kept, the newest first, filtered, in pages; or all of them as a file."""
    wanted = FlipFilter.read(request.GET)
    flips = wanted.apply(Flip.objects.select_related("node__shard__account", "policy", "scan").defer("policy__spec"))
    if exports.is_wanted(request):
        return exports.export(request, "status-changes", COLUMNS, order_by(flips, *NEWEST_FIRST))
    context = {
        "freshness": reports.read_freshness(),
        "wanted": wanted,
        "node": Node.objects.filter(pk=wanted.node).first() if wanted.node else None,
        "page": read_page(flips, NEWEST_FIRST, request.GET, FLIPS_PER_PAGE),
        "causes": list(FlipCause),
        "kinds": list(FlipKind),
        "policies": Policy.objects.living().only("configuration_id", "name"),
        "days": settings.KEEP_DAYS,
    }
    return render(request, "observe/flip_list.html", context)
