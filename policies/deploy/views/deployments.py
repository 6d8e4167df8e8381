"""The pages of a deployment, and its verbs: retry, delete."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.deploy import start
from policies.deploy.consequences import foresee_deletion
from policies.deploy.forms import DeleteForm
from policies.deploy.views.saying import say
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
    """Try again what failed."""
    found = _find_deployment(pk)
    try:
        start.retry(found, request.user.get_username(), timezone.now())
    except start.CannotStart as refusal:
        messages.error(request, say(refusal))
    else:
        messages.info(request, _("Trying again what failed."), extra_tags="in-progress")
    return redirect("deployment", pk=pk)


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
