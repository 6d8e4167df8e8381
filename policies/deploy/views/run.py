"""Run now: what it would reach, the confirmation, and how the run goes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from policies.access import Role, requires
from policies.aws.run_now import MOST_NODES
from policies.deploy.ordering import Reach, find_reach, operations_of, order_run
from policies.deploy.start import CannotStart
from policies.deploy.views.saying import say
from policies.deploy.wanted_run import WantedRun
from policies.domain.sentence import N_
from policies.models import Account, PatchOperation, Policy, RunOrder

PARTS_PER_PAGE = 50
WORST_FIRST = ("-status", "number")


@dataclass(frozen=True)
class Offer:
    """An operation that can be confirmed, with what it reaches."""

    operation: PatchOperation
    reach: Reach
    token: UUID


@requires(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_run(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Name how many nodes and accounts a scan or an installation reaches; when confirmed, order it."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    wanted = WantedRun.read(request.POST if request.method == "POST" else request.GET)
    refusal = ""
    if request.method == "POST":
        try:
            order = _order(policy, wanted, request.user.get_username())
        except CannotStart as problem:
            refusal = say(problem)
        else:
            return redirect("run", pk=order.pk)
    offers = [Offer(each, find_reach(policy, each, wanted.choose(policy)), uuid4()) for each in operations_of(policy)]
    context = {"policy": policy, "wanted": wanted, "offers": offers, "refusal": refusal, "most_nodes": MOST_NODES}
    return render(request, "deploy/policy_run.html", context, status=422 if refusal else 200)


def _order(policy: Policy, wanted: WantedRun, by: str) -> RunOrder:
    """Raises CannotStart; also when other nodes than were shown would be reached."""
    if wanted.operation is None or wanted.token is None:
        raise CannotStart(N_("Choose what to run."))
    is_ordered = RunOrder.objects.filter(token=wanted.token).exists()
    if not is_ordered and wanted.shown != str(find_reach(policy, wanted.operation, wanted.choose(policy)).nodes):
        raise CannotStart(N_("Other nodes are under the policy by now. Look at the number again."))
    return order_run(policy, wanted.operation, wanted.choose(policy), wanted.token, by, timezone.now())


@requires(Role.VIEWER)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """A run that someone asked for: how far it is in each account and Region."""
    return render(request, "deploy/run.html", _progress(request, pk))


@requires(Role.VIEWER)
@require_safe
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves; it asks for itself again until the run has ended."""
    return render(request, "deploy/_run_progress.html", _progress(request, pk))


def _progress(request: HttpRequest, pk: int) -> dict[str, object]:
    order = get_object_or_404(RunOrder.objects.select_related("policy"), pk=pk)
    statuses = dict(order.parts.order_by().values_list("status").annotate(Count("pk")))
    counts: dict[str, int] = {}
    for told in order.parts.values_list("counts", flat=True):
        for status, count in told.items():
            counts[status] = counts.get(status, 0) + count
    page = Paginator(order.parts.order_by(*WORST_FIRST), PARTS_PER_PAGE).get_page(request.GET.get("page"))
    return {
        "order": order,
        "policy": order.policy,
        "statuses": statuses,
        "counts": counts,
        "ended": order.parts.exclude(finished_at=None).count(),
        "total": sum(statuses.values()),
        "page": page,
        "names": dict(Account.objects.values_list("account_id", "name")),
    }
