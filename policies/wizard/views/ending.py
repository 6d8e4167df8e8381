"""How a draft ends: as a policy, as a change of one, beside somebody else's change, or not at all."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from policies.access import Role, requires
from policies.aws.connect import Aws
from policies.aws.errors import AwsProblem
from policies.deploy.start import CannotStart, Overtaken, create_policy, edit_policy
from policies.domain.spec import PolicySpec
from policies.domain.spec_parts import find_changes
from policies.models import Deployment, Draft, Policy
from policies.shell import way_back
from policies.wizard import screens
from policies.wizard.comparing import compare, edits_since, rebase
from policies.wizard.draft import Reading, read_draft
from policies.wizard.forms.base import speak
from policies.wizard.steps import REVIEW
from policies.wizard.views.asked import WRONG, facts_for, find_draft, lead_to_policy, made_by
from policies.wizard.views.review import show_review


@requires(Role.ADMINISTRATOR)
@require_POST
def draft_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the policy, or change the one being edited, and begin its deployment. A second Create finds the first."""
    draft = find_draft(request, pk)
    if draft.finished_at or (draft.policy is None and made_by(draft)):
        return lead_to_policy(draft)
    if draft.is_overtaken:
        return redirect("draft_compare", pk=pk)
    reading = read_draft(draft, facts_for(request))
    if reading.wrong:
        return show_review(request, draft, reading, status=WRONG)
    try:
        return _carry_out(request, draft, reading)
    except Overtaken:
        return redirect("draft_compare", pk=pk)
    except CannotStart as refusal:
        draft.refresh_from_db()
        if draft.finished_at:
            return lead_to_policy(draft)
        return show_review(request, draft, reading, refusal=speak(refusal.sentence), status=WRONG)
    except AwsProblem as problem:
        return show_review(request, draft, reading, refusal=str(problem), status=WRONG)


def _carry_out(request: HttpRequest, draft: Draft, reading: Reading) -> HttpResponse:
    spec, by = reading.make_spec(), request.user.get_username()
    if draft.policy and not find_changes(draft.policy.asked, spec):
        return _end_unchanged(request, draft, draft.policy)
    deployment = _deploy(draft, spec, by, facts_for(request).open_aws())
    said = _("Updating %(name)s.") if draft.policy else _("Creating %(name)s.")
    messages.info(request, said % {"name": deployment.policy.name}, extra_tags="in-progress")
    return redirect("policy", configuration_id=deployment.policy.configuration_id)


def _end_unchanged(request: HttpRequest, draft: Draft, policy: Policy) -> HttpResponse:
    draft.finished_at = timezone.now()
    draft.save(update_fields=["finished_at"])
    messages.info(request, _("Nothing was changed in %(name)s, so nothing is deployed.") % {"name": policy.name})
    return redirect("policy", configuration_id=policy.configuration_id)


def _deploy(draft: Draft, spec: PolicySpec, by: str, aws: Aws) -> Deployment:
    now = timezone.now()
    if draft.policy is None:
        return create_policy(spec, by, aws, now, lambda: draft.configuration_id, draft)
    return edit_policy(draft.policy, spec, by, aws, now, draft)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else's change beside this draft's; a POST begins the draft anew from theirs, with what is kept."""
    draft = find_draft(request, pk)
    policy = draft.policy
    if draft.finished_at or policy is None or policy.deleted_at:
        return lead_to_policy(draft)
    if not draft.is_overtaken:
        return redirect(screens.address_of(draft, REVIEW))
    reading = read_draft(draft, facts_for(request))
    try:
        if request.method == "POST" and request.POST.get("version") == str(policy.version):
            return _begin_anew(request, draft, policy, reading)
        compared, problem = compare(draft, policy, reading), None
    except AwsProblem as untold:
        compared, problem = None, untold
    context = {
        "draft": draft,
        "policy": policy,
        "edits": edits_since(draft),
        "compared": compared,
        "problem": problem,
        "is_newer": request.method == "POST",
    }
    return render(request, "wizard/compare.html", context, status=WRONG if request.method == "POST" else 200)


def _begin_anew(request: HttpRequest, draft: Draft, policy: Policy, reading: Reading) -> HttpResponse:
    kept = {name.removeprefix("part_") for name, choice in request.POST.items() if choice == "mine"}
    rebase(draft, policy, reading, kept, timezone.now())
    messages.success(request, _("Your draft now begins from the newer version. Check it, then choose Update."))
    return redirect(screens.address_of(draft, REVIEW))


@requires(Role.ADMINISTRATOR)
@require_POST
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away; nothing in AWS is touched."""
    draft = find_draft(request, pk)
    policy = draft.policy
    draft.delete()
    messages.info(request, _("The draft was discarded."))
    if "next" in request.POST:
        return redirect(way_back(request))
    return redirect("policy", configuration_id=policy.configuration_id) if policy else redirect("policy_list")
