"""A policy's baselines, and every version of the override file that was made from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from policies.access import Role, requires
from policies.domain.baseline_changes import compare_files, describe_file
from policies.models import OverrideVersion, Policy, SyncHold
from policies.models.keys import read_key
from policies.observe import columns, exports
from policies.observe.views.policy import ROWS_PER_PAGE, find_policy, frame

MOST_OFFERED = 200
"""Versions that one can be compared with."""


@requires(Role.VIEWER)
@require_safe
def policy_baselines(request: HttpRequest, configuration_id: str) -> HttpResponseBase:
    """The baselines of the policy, how its sync stands, and every version of its override file; or these as a file."""
    found = find_policy(configuration_id)
    versions = found.override_versions.defer("body")
    if exports.is_wanted(request):
        return exports.export(request, f"{configuration_id}-file-versions", columns.VERSIONS, versions)
    hold = SyncHold.objects.filter(policy=found).first()
    live = found.override_versions.first()
    page = Paginator(versions, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **frame(found, "policy_baselines"),
        "page": page,
        "missing": {gone["operating_system"]: gone for gone in found.missing_baselines},
        "hold": hold,
        "live": live,
        "next_sync_at": _next_sync(found),
        "waiting": compare_files(live.body, hold.waiting) if hold and hold.waiting and live else (),
    }
    return render(request, "observe/policy_baselines.html", context)


def _next_sync(found: Policy) -> datetime | None:
    if found.sync_tried_at is None or found.deleted_at is not None:
        return None
    return found.sync_tried_at + timedelta(seconds=settings.SYNC_SECONDS)


@requires(Role.VIEWER)
@require_safe
def policy_version(request: HttpRequest, configuration_id: str, pk: int) -> HttpResponse:
    """One version of the override file: what it says, and what differs from the one before or from another."""
    found = find_policy(configuration_id)
    version = get_object_or_404(found.override_versions, pk=pk)
    other = _other(request, found) or version.before
    context: dict[str, Any] = {
        **frame(found, "policy_baselines"),
        "version": version,
        "other": other,
        "others": found.override_versions.exclude(pk=pk).defer("body")[:MOST_OFFERED],
        "is_live": version == found.override_versions.first(),
        "changes": compare_files(other.body if other else "", version.body),
        "systems": describe_file(version.body),
    }
    return render(request, "observe/policy_version.html", context)


def _other(request: HttpRequest, found: Policy) -> OverrideVersion | None:
    """The version that the address names, if it is one of this policy's."""
    wanted = read_key(request.GET.get("with", ""))
    return None if wanted is None else found.override_versions.filter(pk=wanted).first()
