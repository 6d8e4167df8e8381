"""The runs of a policy: what failed and where; then, asked of AWS when opened, executions, nodes and their output."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.aws.associations import PATCHING, Purpose
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.domain.status import AssociationStatus
from policies.models import AssociationState, Node
from policies.models.failures import group_failures
from policies.observe import columns, exports, runs
from policies.observe.views.policy import ROWS_PER_PAGE, find_policy, frame

STATUSES = ("Success", "Failed", "Pending", "InProgress", "TimedOut", "Skipped")


@requires(Role.VIEWER)
@require_safe
def policy_runs(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """Failures by cause over all accounts, then each association with how its last run went; these also as a file."""
    found = find_policy(configuration_id)
    rows = found.associations.living().annotate(gives_access=Q(purpose=Purpose.ACCESS))
    rows = rows.select_related("shard__account")
    status = request.GET.get("status", "")
    if status in list(AssociationStatus):
        rows = rows.filter(status=status)
    rows = rows.order_by("gives_access", "shard__account__name", "shard__region", "-purpose", "pk")
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-associations", columns.ASSOCIATIONS, rows)
    context = {
        **frame(found, "policy_runs"),
        "groups": group_failures(found),
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "status": status,
        "statuses": list(AssociationStatus),
    }
    return render(request, "observe/policy_runs.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_association(request: HttpRequest, configuration_id: str, association: int) -> HttpResponseBase:
    """The newest executions of one association in its account-Region; or as a file."""
    context = _opened(configuration_id, association)
    shown: AssociationState = context["association"]
    try:
        context["runs"] = runs.read_runs(shown, connection())
    except AwsProblem as problem:
        context["problem"] = problem
    else:
        if exports.is_wanted(request):
            return exports.export(request, f"{configuration_id}-runs", columns.EXECUTIONS, context["runs"])
    return render(request, "observe/policy_association.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_execution(
    request: HttpRequest, configuration_id: str, association: int, execution_id: str
) -> HttpResponseBase:
    """The nodes of one execution, in AWS's own pages, with their exit codes explained; or all of them as a file."""
    context = _opened(configuration_id, association)
    status = request.GET.get("status", "")
    status = status if status in STATUSES else ""
    context |= {"execution_id": execution_id, "status": status, "statuses": STATUSES}
    try:
        read = partial(runs.read_nodes, context["association"], execution_id, connection(), status)
        found = context["found"] = read(request.GET.get("token", ""))
    except AwsProblem as problem:
        context["problem"] = problem
    else:
        if exports.is_wanted(request):
            rows = exports.every_page(found, read)
            return exports.export(request, f"{configuration_id}-results", columns.RESULTS, rows)
    return render(request, "observe/policy_execution.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_run_output(
    request: HttpRequest, configuration_id: str, association: int, execution_id: str, instance_id: str
) -> HttpResponse:
    """What one node said in one execution: its exit code explained, and its output out of S3."""
    context = _opened(configuration_id, association)
    shown: AssociationState = context["association"]
    node = Node.objects.filter(shard=shown.shard, instance_id=instance_id).first()
    context |= {"execution_id": execution_id, "instance_id": instance_id, "node": node}
    try:
        context["output"] = runs.read_output(shown, execution_id, instance_id, node, connection())
    except AwsProblem as problem:
        context["problem"] = problem
    except LookupError as error:
        raise Http404 from error
    return render(request, "observe/policy_run_output.html", context)


def _opened(configuration_id: str, association: int) -> dict[str, Any]:
    found = find_policy(configuration_id)
    patching = found.associations.filter(purpose__in=PATCHING).select_related("shard__account", "policy")
    shown = get_object_or_404(patching, pk=association)
    return {**frame(found, "policy_runs"), "association": shown}
