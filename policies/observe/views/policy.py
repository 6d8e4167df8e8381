"""The tabs of one policy's details page, each a URL of its own, and what was asked for as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.exit_codes import explain_ending
from policies.domain.schedule import describe, next_runs, parse
from policies.domain.sentence import Sentence
from policies.domain.signatures import strip_places
from policies.domain.spec import PolicySpec, Schedule
from policies.domain.spec_words import describe_spec
from policies.domain.status import BROKEN, InstanceStatus, PolicyStatus
from policies.models import Account, OrganizationalUnit, Policy
from policies.models.failures import find_group
from policies.observe import charts, columns, exports, reports
from policies.observe.history import find_places
from policies.observe.pair_filter import PairFilter
from policies.observe.place_filter import PlaceFilter
from policies.observe.refreshing import Reading, Scope

ROWS_PER_PAGE = 50
RUNS_SHOWN = 5
BY_STATUS = ("status", "account_id", "region", "pk")

TABS: tuple[tuple[str, Promise], ...] = (
    ("policy", gettext_lazy("Overview")),
    ("policy_deployments", gettext_lazy("Deployments")),
    ("policy_accounts", gettext_lazy("Accounts and Regions")),
    ("policy_nodes", gettext_lazy("Nodes")),
    ("policy_runs", gettext_lazy("Runs")),
    ("policy_baselines", gettext_lazy("Baselines")),
    ("policy_drift", gettext_lazy("Drift")),
    ("policy_history", gettext_lazy("History")),
)


@dataclass(frozen=True)
class Tab:
    """One tab of the details page."""

    word: Promise
    url: str
    is_current: bool


@dataclass(frozen=True)
class NextRuns:
    """When a policy scans or installs: in words, and the next moments by AWS's clock."""

    word: Promise
    schedule: Schedule
    sentence: Sentence
    runs: tuple[Any, ...]


def find_policy(configuration_id: str) -> Policy:
    """The policy, deleted or not; else the page says that there is none."""
    return get_object_or_404(Policy.objects.select_related("drift", "hold"), configuration_id=configuration_id)


def frame(policy: Policy, name: str) -> dict[str, Any]:
    """What every tab shows around its own part."""
    tabs = [Tab(word, reverse(url, args=[policy.configuration_id]), url == name) for url, word in TABS]
    return {
        "policy": policy,
        "spec": policy.asked,
        "tabs": tabs,
        "deployment": policy.deployments.prefetch_related("steps").first(),
        "missing_names": ", ".join(gone["name"] for gone in policy.missing_baselines),
        "freshness": reports.read_freshness(),
        "reading": Reading(Scope(policy=policy.configuration_id)),
    }


@requires(Role.VIEWER)
@require_safe
def policy(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Overview: banners, the four status bars, settings, next runs."""
    found = find_policy(configuration_id)
    counts = reports.count_policies([found])[found.pk]
    around = frame(found, "policy")
    steps = [step.status for step in around["deployment"].steps.all()] if around["deployment"] else []
    context = {
        **around,
        "bars": {
            "deployment": charts.bar_parts({status: steps.count(status) for status in dict.fromkeys(steps)}),
            "setup": charts.bar_parts(counts.instances, _by_status("policy_accounts", found)),
            "associations": charts.bar_parts(counts.associations, _by_status("policy_runs", found)),
            "nodes": charts.bar_parts(counts.nodes, _by_status("policy_nodes", found)),
        },
        "counts": counts,
        "schedules": _schedules(found, around["freshness"].reckoned_at),
        "asked": describe_spec(_with_names(found.asked)),
    }
    return render(request, "observe/policy.html", context)


def _with_names(spec: PolicySpec) -> PolicySpec:
    """With its units in words, for people to read."""
    units = OrganizationalUnit.objects.written(spec.targets.unit_ids)
    return replace(spec, targets=replace(spec.targets, unit_ids=units))


def _by_status(tab: str, policy: Policy) -> str:
    """The address of one of the policy's tabs but for the status that it is to show."""
    return f"{reverse(tab, args=[policy.configuration_id])}?status="


def _schedules(found: Policy, after: datetime) -> list[NextRuns]:
    spec = found.asked
    wanted = [(gettext_lazy("Scan"), spec.scan), (gettext_lazy("Install"), spec.install)]
    return [_next(word, schedule, after) for word, schedule in wanted if schedule]


def _next(word: Promise, schedule: Schedule, after: datetime) -> NextRuns:
    parsed = parse(schedule.expression)
    return NextRuns(word, schedule, describe(parsed), next_runs(parsed, after, RUNS_SHOWN))


@requires(Role.VIEWER)
@require_safe
def policy_deployments(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """Every deployment of the policy, the newest first; or all as a file."""
    found = find_policy(configuration_id)
    rows = found.deployments.defer("plan", "spec_before")
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-deployments", columns.DEPLOYMENTS, rows)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "observe/policy_deployments.html", {**frame(found, "policy_deployments"), "page": page})


@requires(Role.VIEWER)
@require_safe
def policy_accounts(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """Every account-Region of the policy, those that failed first, with their reason and what to try; or as a file."""
    found = find_policy(configuration_id)
    wanted = PlaceFilter.read(request.GET)
    named = Subquery(Account.objects.filter(account_id=OuterRef("account_id")).values("name"))
    rows = wanted.apply(found.stack_instances.annotate(account_name=named).order_by(*BY_STATUS))
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-accounts-and-regions", columns.INSTANCES, rows)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **frame(found, "policy_accounts"),
        "page": page,
        "wanted": wanted,
        "statuses": list(InstanceStatus),
        "broken": BROKEN,
        "reason": strip_places(page[0].reason) if wanted.signature and page else "",
    }
    return render(request, "observe/policy_accounts.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_nodes(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """The policy's nodes: policy status and patch findings side by side, never merged; or as a file."""
    found = find_policy(configuration_id)
    wanted = PairFilter.read(request.GET)
    failure = find_group(found, wanted.failure) if wanted.failure else None
    rows = wanted.apply(found, failure).select_related("node__shard__account", "node__compliance")
    rows = rows.order_by("-status", "node__name", "pk")
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-nodes", columns.NODES, rows)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    explained = [(row, explain_ending(row.exit_code, row.detail)) for row in page]
    context = {
        **frame(found, "policy_nodes"),
        "page": page,
        "rows": explained,
        "failure": failure,
        "wanted": wanted,
        "statuses": list(PolicyStatus),
    }
    return render(request, "observe/policy_nodes.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_history(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """Who changed what, the newest first; or as a file."""
    found = find_policy(configuration_id)
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-history", columns.EVENTS, found.events.all())
    page = Paginator(found.events.all(), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {**frame(found, "policy_history"), "page": page, "events": find_places(found, list(page))}
    return render(request, "observe/policy_history.html", context)


@requires(Role.VIEWER)
@require_safe
def policy_export(_request: HttpRequest, configuration_id: str) -> HttpResponse:
    """What was asked for, as a JSON file to keep: the policy can be made anew from it by hand or by a program."""
    found = find_policy(configuration_id)
    told = {"configuration_id": found.configuration_id, "version": found.version, "settings": found.spec}
    answer = JsonResponse(told, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="patch-policy-{found.configuration_id}.json"'
    return answer
