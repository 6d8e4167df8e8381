"""The wizard's pages: seven steps, their fragments, and Create. Answers are saved as typed, right or wrong."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policies.access import Role, requires
from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.deploy.start import CannotStart, create_policy, edit_policy, random_id
from policies.domain.spec import PolicySpec
from policies.models import Deployment, Draft, Policy
from policies.wizard import screens
from policies.wizard.draft import (
    Reading,
    answers_in,
    begin_draft,
    form_of,
    furthest_step,
    is_answered,
    keep_answers,
    read_draft,
    unfinished_drafts,
)
from policies.wizard.facts import Facts
from policies.wizard.forms import ScheduleForm, StepForm
from policies.wizard.forms.base import speak
from policies.wizard.previews import Look, find_preview, previews_of
from policies.wizard.steps import FIRST, REVIEW, TARGETS, Step, find_step, number_of, step_after, step_before
from policies.wizard.viewer_clock import viewer_zone

WRONG = 422


@requires(Role.ADMINISTRATOR)
@require_safe
def draft_new(request: HttpRequest) -> HttpResponse:
    """Begin a draft and open its first step."""
    draft = begin_draft(_person(request), timezone.now(), random_id)
    return redirect(screens.address_of(draft, FIRST))


@requires(Role.ADMINISTRATOR)
@require_safe
def policy_edit(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Begin a draft with the answers that led to a policy, and open its review."""
    policy = get_object_or_404(Policy.objects.living(), configuration_id=configuration_id)
    draft = begin_draft(_person(request), timezone.now(), random_id, policy)
    return redirect(screens.address_of(draft, REVIEW))


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_step(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One screen: show it, or save its answers and go on when nothing is wrong."""
    draft, step = _find_draft(request, pk), find_step(slug)
    if step is None:
        raise Http404(slug)
    if draft.finished_at:
        return _to_policy(draft)
    if request.method == "POST":
        return _answer(request, draft, step)
    reached = furthest_step(draft)
    if number_of(step) > number_of(reached) and not is_answered(draft, step):
        return redirect(screens.address_of(draft, reached))
    return _show(request, draft, step)


@requires(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_preview(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One fragment. A POST carries the answers as they stand on the screen; nothing is saved."""
    draft, preview = _find_draft(request, pk), find_preview(name)
    step = find_step(preview.slug) if preview else None
    if preview is None or step is None:
        raise Http404(name)
    facts = _facts(request)
    answers = answers_in(request.POST, step) if request.method == "POST" else None
    form = form_of(draft, step, facts, answers) if step.form else None
    wanted = {key: str(value) for source in (request.GET, request.POST) for key, value in source.items()}
    try:
        told = screens.filled(preview, Look(draft, form, facts, wanted, timezone.now(), viewer_zone(request.COOKIES)))
    except LookupError as error:
        raise Http404(name) from error
    return render(request, preview.template, {"draft": draft, "form": form, "preview": told})


@requires(Role.ADMINISTRATOR)
@require_safe
def draft_matched(request: HttpRequest, pk: int) -> HttpResponse:
    """One list behind the figures of the saved targets as a page of its own, for a browser without scripts."""
    draft, preview = _find_draft(request, pk), find_preview("matched")
    if preview is None:
        raise LookupError("matched")
    wanted = {key: str(value) for key, value in request.GET.items()}
    try:
        listed = screens.filled(preview, Look(draft, None, _facts(request), wanted, timezone.now()))
    except LookupError as error:
        raise Http404(wanted["list"]) from error
    return render(request, "wizard/matched_page.html", {**screens.frame(draft, TARGETS), "preview": listed})


@requires(Role.ADMINISTRATOR)
@require_POST
def draft_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the policy, or change the one being edited, and begin its deployment. A second Create finds the first."""
    draft = _find_draft(request, pk)
    if draft.finished_at or (draft.policy is None and _made_by(draft)):
        return _to_policy(draft)
    reading = read_draft(draft, _facts(request))
    if reading.wrong:
        return _review(request, draft, reading, status=WRONG)
    try:
        deployment = _deploy(draft, reading.make_spec(), request.user.get_username())
    except CannotStart as refusal:
        return _review(request, draft, reading, refusal=speak(refusal.sentence), status=WRONG)
    except AwsProblem as problem:
        return _review(request, draft, reading, refusal=str(problem), status=WRONG)
    draft.finished_at = timezone.now()
    draft.save(update_fields=["finished_at"])
    said = _("Updating %(name)s.") if draft.policy else _("Creating %(name)s.")
    messages.info(request, said % {"name": deployment.policy.name}, extra_tags="in-progress")
    return redirect("policy", configuration_id=deployment.policy.configuration_id)


@requires(Role.ADMINISTRATOR)
@require_POST
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away; nothing in AWS is touched."""
    draft = _find_draft(request, pk)
    policy = draft.policy
    draft.delete()
    messages.info(request, _("The draft was discarded."))
    return redirect("policy", configuration_id=policy.configuration_id) if policy else redirect("policy_list")


def _answer(request: HttpRequest, draft: Draft, step: Step) -> HttpResponse:
    if step.form is None:
        return redirect(screens.address_of(draft, step))
    keep_answers(draft, step, answers_in(request.POST, step), timezone.now())
    wanted = request.POST.get("go")
    if wanted == "previous":
        return redirect(screens.address_of(draft, step_before(step)))
    form = form_of(draft, step, _facts(request))
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
    facts = _facts(request)
    if step.form is None:
        return _review(request, draft, read_draft(draft, facts))
    form = form or form_of(draft, step, facts)
    others = unfinished_drafts(_person(request), draft) if step == FIRST and not draft.policy else ()
    context = {
        **screens.frame(draft, step),
        "form": form,
        "previews": _fragments(request, draft, step, form, facts),
        "others": others,
    }
    return render(request, step.template, context, status=status)


def _review(request: HttpRequest, draft: Draft, reading: Reading, refusal: str = "", status: int = 200) -> HttpResponse:
    spec: PolicySpec | None = None
    if not reading.wrong:
        try:
            spec = reading.make_spec()
        except AwsProblem as problem:
            refusal = refusal or str(problem)
    context = {
        **screens.frame(draft, REVIEW),
        "spec": spec,
        "refusal": refusal,
        "wrong": [(step, reading.forms[step.slug], screens.address_of(draft, step)) for step in reading.wrong],
        "warnings": [(step, problem, screens.address_of(draft, step)) for step, problem in reading.warnings],
        "previews": _fragments(request, draft, REVIEW, None, _facts(request)),
    }
    return render(request, REVIEW.template, context, status=status)


def _fragments(request: HttpRequest, draft: Draft, step: Step, form: StepForm | None, facts: Facts) -> screens.Context:
    """The step's fragments: waiting to be asked for, or filled at once for a browser without scripts."""
    if "filled" not in request.GET:
        return {preview.key: screens.waiting(preview, draft, form) for preview in previews_of(step)}
    look = Look(draft, form, facts, {}, timezone.now(), viewer_zone(request.COOKIES))
    return {preview.key: screens.filled(preview, look) for preview in previews_of(step)}


def _deploy(draft: Draft, spec: PolicySpec, by: str) -> Deployment:
    if draft.policy is None:
        return create_policy(spec, by, connection(), timezone.now(), lambda: draft.configuration_id)
    draft.policy.version = draft.policy_version or draft.policy.version
    return edit_policy(draft.policy, spec, by, connection(), timezone.now())


def _made_by(draft: Draft) -> Policy | None:
    return Policy.objects.filter(configuration_id=draft.configuration_id).first()


def _to_policy(draft: Draft) -> HttpResponse:
    policy = draft.policy or _made_by(draft)
    return redirect("policy", configuration_id=policy.configuration_id) if policy else redirect("policy_list")


def _find_draft(request: HttpRequest, pk: int) -> Draft:
    """The person's own draft; another's is as unknown as one that never was."""
    return get_object_or_404(Draft.objects.select_related("policy"), pk=pk, owner=_person(request))


def _facts(request: HttpRequest) -> Facts:
    return Facts(connection, is_asked_again="again" in request.GET)


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("a signed-in person is needed")
    return request.user
