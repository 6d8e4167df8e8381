"""The seven steps and their fragments. Answers are saved as typed, right or wrong."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from policies.access import Role, requires
from policies.deploy.start import random_id
from policies.models import Draft, Policy
from policies.wizard import screens
from policies.wizard.draft import (
    answers_in,
    begin_copy,
    begin_draft,
    form_of,
    furthest_step,
    is_answered,
    keep_answers,
    read_draft,
    unfinished_drafts,
)
from policies.wizard.forms import ScheduleForm, StepForm
from policies.wizard.previews import Look, find_preview
from policies.wizard.steps import FIRST, REVIEW, TARGETS, Step, find_step, number_of, step_after, step_before
from policies.wizard.viewer_clock import viewer_zone
from policies.wizard.views.asked import (
    WRONG,
    facts_for,
    find_draft,
    fragments_for,
    lead_to_policy,
    person_of,
    words_of,
)
from policies.wizard.views.review import show_review


@requires(Role.ADMINISTRATOR)
@require_safe
def draft_new(request: HttpRequest) -> HttpResponse:
    """Begin a draft and open its first step."""
    draft = begin_draft(person_of(request), timezone.now(), random_id)
    return redirect(screens.address_of(draft, FIRST))


@requires(Role.ADMINISTRATOR)
@require_safe
def policy_edit(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Begin a draft with the answers that led to a policy, and open its review."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    draft = begin_draft(person_of(request), timezone.now(), random_id, policy)
    return redirect(screens.address_of(draft, REVIEW))


@requires(Role.ADMINISTRATOR)
@require_safe
def policy_copy(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Begin a draft of a new policy with all the answers of this one, and open the step with its name."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    draft = begin_copy(person_of(request), timezone.now(), random_id, policy)
    messages.info(
        request, _("These are the answers of %(name)s. Nothing is made before the last step.") % {"name": policy.name}
    )
    return redirect(screens.address_of(draft, FIRST))


@requires(Role.ADMINISTRATOR, carries=True)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_step(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One screen: show it, or save its answers and go on when nothing is wrong."""
    draft, step = find_draft(request, pk), find_step(slug)
    if step is None:
        raise Http404(slug)
    if draft.finished_at:
        return lead_to_policy(draft)
    if request.method == "POST":
        return _answer(request, draft, step)
    reached = furthest_step(draft)
    if number_of(step) > number_of(reached) and not is_answered(draft, step):
        return redirect(screens.address_of(draft, reached))
    return _show(request, draft, step)


@requires(Role.ADMINISTRATOR, carries=True)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_preview(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One fragment. A POST carries the answers as they stand on the screen; nothing is saved."""
    draft, preview = find_draft(request, pk), find_preview(name)
    step = find_step(preview.slug) if preview else None
    if preview is None or step is None:
        raise Http404(name)
    facts = facts_for(request)
    answers = answers_in(request.POST, step) if request.method == "POST" else None
    form = form_of(draft, step, facts, answers).as_shown() if step.form else None
    look = Look(draft, form, facts, words_of(request), timezone.now(), viewer_zone(request.COOKIES))
    try:
        told = screens.filled(preview, look)
    except LookupError as error:
        raise Http404(name) from error
    return render(request, preview.template, {"draft": draft, "form": form, "preview": told})


@requires(Role.ADMINISTRATOR)
@require_safe
def draft_matched(request: HttpRequest, pk: int) -> HttpResponse:
    """One list behind the figures of the saved targets as a page of its own, for a browser without scripts."""
    draft, preview, facts = find_draft(request, pk), find_preview("matched"), facts_for(request)
    if preview is None:
        raise LookupError("matched")
    wanted = words_of(request)
    try:
        listed = screens.filled(preview, Look(draft, None, facts, wanted, timezone.now()))
    except LookupError as error:
        raise Http404(wanted["list"]) from error
    return render(request, "wizard/matched_page.html", {**screens.frame(draft, TARGETS, facts), "preview": listed})


def _answer(request: HttpRequest, draft: Draft, step: Step) -> HttpResponse:
    if step.form is None:
        return redirect(screens.address_of(draft, step))
    keep_answers(draft, step, answers_in(request.POST, step), timezone.now())
    wanted = request.POST.get("go")
    if wanted == "stay" or "stay" in request.GET:
        return redirect(screens.address_of(draft, step) + screens.searched(request.POST.dict()))
    if wanted == "previous":
        return redirect(screens.address_of(draft, step_before(step)))
    form = form_of(draft, step, facts_for(request))
    is_valid = form.is_valid()
    if wanted == "copy-scan" and isinstance(form, ScheduleForm):
        keep_answers(draft, step, form.with_scan_copied(), timezone.now())
        return redirect(f"{screens.address_of(draft, step)}#install-title")
    if not is_valid:
        return _show(request, draft, step, form, status=WRONG)
    return redirect(screens.address_of(draft, REVIEW if wanted == "review" else step_after(step)))


def _show(
    request: HttpRequest, draft: Draft, step: Step, form: StepForm | None = None, status: int = 200
) -> HttpResponse:
    facts = facts_for(request)
    if step.form is None:
        return show_review(request, draft, read_draft(draft, facts))
    form = form or form_of(draft, step, facts)
    others = unfinished_drafts(person_of(request), draft) if step == FIRST and not draft.policy else ()
    context = {
        **screens.frame(draft, step, facts),
        "form": form,
        "previews": fragments_for(request, draft, step, form, facts),
        "others": others,
    }
    return render(request, step.template, context, status=status)
