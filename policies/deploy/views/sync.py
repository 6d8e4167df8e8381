"""The cockpit of a policy's override file: sync, hold, release, roll back, and make a deleted baseline anew."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from kombu.exceptions import OperationalError

from policies.access import Role, requires
from policies.aws.baselines import BaselineGone
from policies.deploy import hold, versions
from policies.deploy.baselines import last_good, saved_rules
from policies.deploy.file_forms import HoldForm, ReasonForm
from policies.deploy.start import CannotStart
from policies.deploy.tasks import sync_policy
from policies.deploy.views.saying import say
from policies.domain.baseline_changes import SystemChange, compare_files
from policies.domain.baseline_words import describe_baseline
from policies.domain.resources import OverrideFile
from policies.models import OverrideVersion, Policy

log = logging.getLogger(__name__)


@requires(Role.OPERATOR)
@require_POST
def policy_sync(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Ask a worker to bring the policy's override file up to date."""
    policy = _find(configuration_id)
    if _queue_sync(request, policy):
        messages.info(request, _("Reading the baselines and bringing the override file up to date."))
    return redirect("policy_baselines", configuration_id=configuration_id)


@requires(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_hold(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Hold the file as it is: why, and until when."""
    policy = _find(configuration_id)
    form = HoldForm(timezone.now(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason, until = form.cleaned_data["reason"], form.cleaned_data["until"]
        if hold.hold_sync(policy, reason, until, request.user.get_username(), timezone.now()):
            messages.success(request, _("The override file is held: changed baselines wait for a review."))
            return redirect("policy_baselines", configuration_id=configuration_id)
        form.add_error(None, _(hold.BEING_WRITTEN))
    context = {"policy": policy, "form": form}
    return render(request, "deploy/policy_hold.html", context, status=422 if form.errors else 200)


@requires(Role.OPERATOR)
@require_POST
def policy_release(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """End the hold, and sync at once."""
    policy = _find(configuration_id)
    if hold.release_sync(policy, request.user.get_username(), timezone.now()) and _queue_sync(request, policy):
        messages.success(request, _("The hold is released. The baselines are read and the override file is written."))
    return redirect("policy_baselines", configuration_id=configuration_id)


@requires(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_roll_back(request: HttpRequest, configuration_id: str, pk: int) -> HttpResponse:
    """Show what going back to a version would change; with a reason, do it and hold it."""
    policy = _find(configuration_id)
    version = get_object_or_404(policy.override_versions, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = versions.roll_back(
                policy, version, form.cleaned_data["reason"], request.user.get_username(), timezone.now()
            )
        except CannotStart as refusal:
            form.add_error(None, say(refusal))
        else:
            return redirect("deployment", pk=begun.pk)
    context = {"policy": policy, "version": version, "form": form, "changes": _roll_back_changes(policy, version)}
    return render(request, "deploy/policy_roll_back.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_recreate(request: HttpRequest, configuration_id: str, operating_system: str) -> HttpResponse:
    """Show the saved copy of a deleted baseline; when confirmed, make a baseline from it."""
    policy = _find(configuration_id)
    gone = versions.missing_choice(policy, operating_system)
    if gone is None:
        raise Http404
    refusal = ""
    if request.method == "POST":
        try:
            begun = versions.recreate_baseline(policy, operating_system, request.user.get_username(), timezone.now())
        except CannotStart as problem:
            refusal = say(problem)
        else:
            return redirect("deployment", pk=begun.pk)
    try:
        described = describe_baseline(last_good(saved_rules(policy), gone))
    except BaselineGone as problem:
        raise Http404 from problem
    context = {"policy": policy, "gone": gone, "described": described, "refusal": refusal}
    return render(request, "deploy/policy_recreate.html", context, status=422 if refusal else 200)


def _roll_back_changes(policy: Policy, version: OverrideVersion) -> tuple[SystemChange, ...]:
    live = policy.override_versions.first()
    try:
        [change] = versions.plan_roll_back(policy, version).changes
    except (CannotStart, ValueError):
        return ()
    return compare_files(live.body, change.resource.body) if live and isinstance(change.resource, OverrideFile) else ()


def _find(configuration_id: str) -> Policy:
    return get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)


def _queue_sync(request: HttpRequest, policy: Policy) -> bool:
    """Whether a worker was asked; if none can be, the person is told."""
    try:
        sync_policy.delay(policy.pk, request.user.get_username())
    except OperationalError:
        log.exception("sync of policy %s could not be queued", policy.pk)
        messages.error(request, _("The workers cannot be reached. The hourly sync does it when they are back."))
        return False
    return True
