"""What a request is about: the person, the draft, what AWS tells, and where a draft that has ended leads."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from policies.aws.connect import connection
from policies.models import Draft, Policy
from policies.wizard import screens
from policies.wizard.draft import storable
from policies.wizard.facts import Facts
from policies.wizard.forms import StepForm
from policies.wizard.previews import Look, previews_of
from policies.wizard.steps import Step
from policies.wizard.viewer_clock import viewer_zone

WRONG = 422


def person_of(request: HttpRequest) -> User:
    """Whoever is signed in; raises TypeError for the anonymous, whom `requires` has sent away before."""
    if not isinstance(request.user, User):
        raise TypeError("a signed-in person is needed")
    return request.user


def find_draft(request: HttpRequest, pk: int) -> Draft:
    """The person's own draft; another's is as unknown as one that never was."""
    return get_object_or_404(Draft.objects.select_related("policy"), pk=pk, owner=person_of(request))


def words_of(request: HttpRequest) -> dict[str, str]:
    """What a fragment is asked for: a search, a list and its page, or a system. The last of several counts."""
    return {name: storable(str(value)) for sent in (request.GET, request.POST) for name, value in sent.items()}


def facts_for(request: HttpRequest) -> Facts:
    """Questions to AWS, asked anew when the URL says so."""
    return Facts(connection, timezone.now(), is_asked_again="again" in request.GET)


def fragments_for(
    request: HttpRequest, draft: Draft, step: Step, form: StepForm | None, facts: Facts
) -> screens.Context:
    """The step's fragments: waiting to be asked for, or filled at once for a browser without scripts, with what it
    searches for. Raises Http404 for a list that there is not.
    """
    wanted = words_of(request)
    if "filled" not in wanted:
        return {preview.key: screens.waiting(preview, draft, form) for preview in previews_of(step)}
    look = Look(draft, form and form.as_shown(), facts, wanted, facts.asked_at, viewer_zone(request.COOKIES))
    try:
        return {preview.key: screens.filled(preview, look) for preview in previews_of(step, wanted)}
    except LookupError as error:
        raise Http404(step.slug) from error


def made_by(draft: Draft) -> Policy | None:
    """The policy that a draft has made already."""
    return Policy.objects.filter(configuration_id=draft.configuration_id).first()


def lead_to_policy(draft: Draft) -> HttpResponse:
    """On to the policy that a draft has made or changed."""
    policy = draft.policy or made_by(draft)
    return redirect("policy", configuration_id=policy.configuration_id) if policy else redirect("policy_list")
