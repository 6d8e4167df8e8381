"""The pages of a deployment, and its verbs: stop, continue, retry, undo, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.deploy import resume, start
from policies.deploy.consequences import foresee_deletion
from policies.deploy.forms import DeleteForm
from policies.deploy.views.saying import say
from policies.domain.signatures import LENGTH
from policies.models import Deployment, Policy


@requires(Role.VIEWER)
@require_safe
def deployment(request: HttpRequest, pk: int) -> HttpResponse:
    """A deployment: what it changes, how far it is, what failed and what to try."""
    found = _find_deployment(pk)
    return render(request, "deploy/deployment.html", {"deployment": found, "policy": found.policy})


@requires(Role.VIEWER)
@require_safe
def deployment_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves; it asks for itself again until the deployment has ended."""
    return render(request, "deploy/_progress.html", {"deployment": _find_deployment(pk)})


@requires(Role.OPERATOR)
@require_POST
def deployment_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again what failed, or only what failed for one cause."""
    again = partial(resume.retry, signature=request.POST.get("signature", "")[:LENGTH])
    return _resume(request, pk, again, _("Trying again what failed."))


@requires(Role.OPERATOR)
@require_POST
def deployment_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin nothing more."""
    return _resume(request, pk, resume.stop, _("Stopping. What AWS works on comes to its end first."))


@requires(Role.OPERATOR)
@require_POST
def deployment_continue(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it was stopped."""
    return _resume(request, pk, resume.go_on, _("Going on where the deployment was stopped."))


def _resume(
    request: HttpRequest, pk: int, verb: Callable[[Deployment, str, datetime], None], told: str
) -> HttpResponse:
    try:
        verb(_find_deployment(pk), request.user.get_username(), timezone.now())
    except start.CannotStart as refusal:
        messages.error(request, say(refusal))
    else:
        messages.info(request, told, extra_tags="in-progress")
    return redirect("deployment", pk=pk)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def deployment_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what would be changed back; with the button pressed, begin it."""
    found = _find_deployment(pk)
    plan, problem = None, ""
    try:
        if request.method == "POST":
            begun = start.undo(found, request.user.get_username(), connection(), timezone.now())
            messages.info(request, _("Undoing the deployment."), extra_tags="in-progress")
            return redirect("deployment", pk=begun.pk)
        plan = start.review_undo(found, connection())
    except start.CannotStart as refusal:
        problem = say(refusal)
    except AwsProblem as untold:
        problem = _("AWS did not answer as needed. %(told)s") % {"told": str(untold)}
    context = {"deployment": found, "policy": found.policy, "plan": plan, "problem": problem}
    return render(request, "deploy/deployment_undo.html", context, status=422 if problem else 200)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_delete(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Say what a deletion removes and what stays; with the confirmation typed, begin it."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    form = DeleteForm(policy, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = start.delete_policy(policy, request.user.get_username(), connection(), timezone.now())
        except start.CannotStart as refusal:
            form.add_error(None, say(refusal))
        except AwsProblem as problem:
            form.add_error(None, _("AWS did not answer as needed. %(told)s") % {"told": str(problem)})
        else:
            messages.info(request, _("Deleting %(name)s.") % {"name": policy.name}, extra_tags="in-progress")
            return redirect("deployment", pk=begun.pk)
    context = {"policy": policy, "form": form, "lost": foresee_deletion(policy)}
    return render(request, "deploy/policy_delete.html", context, status=422 if form.errors else 200)


def _find_deployment(pk: int) -> Deployment:
    return get_object_or_404(Deployment.objects.select_related("policy"), pk=pk)
