"""What the templates of the wizard are given: the step list, and the state of each fragment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from policies.aws.errors import AwsProblem
from policies.models import Draft
from policies.wizard.comparing import edits_since
from policies.wizard.draft import form_of, furthest_step, is_answered
from policies.wizard.facts import Facts
from policies.wizard.forms import StepForm
from policies.wizard.previews import Look, Preview
from policies.wizard.steps import REVIEW, STEPS, Step, number_of
from policies.wizard.words import ACCEPTED, OPTIONS

log = logging.getLogger(__name__)

Context = dict[str, Any]

SEARCHED = ("node_search", "node_page", "bucket_search", "bucket_page", "system")
"""What a fragment looks for while a browser without scripts goes from page to page."""
ASKED = ("list", "page", *SEARCHED)
"""What a fragment was asked for beside the answers: a retry asks for the same."""


def address_of(draft: Draft, step: Step) -> str:
    """The URL of a step."""
    return reverse("draft_step", args=[draft.pk, step.slug])


def searched(sent: Mapping[str, str]) -> str:
    """The query with which a step's page shows what was searched for; "" when nothing was."""
    words = {name: sent[name] for name in SEARCHED if name in sent}
    return f"?filled&{urlencode(words)}" if words else ""


def frame(draft: Draft, step: Step, facts: Facts) -> Context:
    """What every screen shows around its own part."""
    reached = number_of(furthest_step(draft))
    return {
        "draft": draft,
        "step": step,
        "number": number_of(step),
        "steps": [_link(draft, each, step, reached, facts) for each in STEPS],
        "edits_since": edits_since(draft),
        "is_complete": reached == number_of(REVIEW),
        "words": OPTIONS,
        "accepted": ACCEPTED,
    }


def _link(draft: Draft, each: Step, current: Step, reached: int, facts: Facts) -> Context:
    visited = is_answered(draft, each) or number_of(each) <= reached
    return {
        "title": each.title,
        "url": address_of(draft, each) if visited else "",
        "is_current": each == current,
        "is_optional": each.is_optional,
        "is_changed": bool(draft.policy and each.form and form_of(draft, each, facts).is_changed),
    }


def waiting(preview: Preview, draft: Draft, form: StepForm | None) -> Context:
    """A fragment that asks for itself once its page has arrived; until then it keeps the answers that it carries."""
    return {**_around(preview, draft, form), "is_waiting": True, "trigger": _triggers("load", preview.trigger)}


def filled(preview: Preview, look: Look) -> Context:
    """A fragment with what it found, or with what AWS said."""
    around = {**_around(preview, look.draft, look.form), "trigger": preview.trigger or "never"}
    try:
        return {**around, **preview.find(look), "as_of": look.facts.as_of}
    except AwsProblem as problem:
        log.warning("preview %s of draft %s: %s", preview.name, look.draft.pk, problem)
        return {
            **around,
            "problem": problem,
            "asked": urlencode({n: look.wanted[n] for n in ASKED if n in look.wanted}),
        }


def _around(preview: Preview, draft: Draft, form: StepForm | None) -> Context:
    return {
        "url": reverse("draft_preview", args=[draft.pk, preview.name]),
        "kept": [(name, value) for name in preview.carries for value in _typed(form, name) if value],
    }


def _typed(form: StepForm | None, name: str) -> list[str]:
    return form.typed(name) if form else []


def _triggers(*names: str) -> str:
    return ", ".join(name for name in names if name)
