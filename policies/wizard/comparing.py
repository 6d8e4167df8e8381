"""Two administrators edit one policy: what came between, side by side with one's own answers, and the way on.

Nothing is merged by itself: the person sees their change beside hers, part by part, and her draft then begins anew
from the newer policy. The policy's version guards that no third edit slips in between.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from policies.domain.spec import PolicySpec
from policies.domain.spec_parts import Part, PartEdits, find_edits, merge
from policies.models import Draft, Event, Policy, What
from policies.wizard.draft import Reading, answers_for
from policies.wizard.steps import QUESTIONS, Step, find_step

STEPS_OF_PARTS = {
    "operation": "schedule",
    "scan": "schedule",
    "places": "targets",
    "nodes": "targets",
    "concurrency": "rate",
    "error_threshold": "rate",
    "instance_profiles": "rate",
}
"""The slug of the step that asks for a part, where it is not the part's own name."""


@dataclass(frozen=True)
class Comparison:
    """Parts that either edit changed; `incomplete` are steps whose own answers need a correction first."""

    parts: tuple[PartEdits, ...]
    incomplete: tuple[Step, ...]

    @property
    def theirs(self) -> tuple[PartEdits, ...]:
        """The parts that came between, to be decided upon."""
        return tuple(edit for edit in self.parts if edit.is_theirs)

    @property
    def mine_alone(self) -> tuple[PartEdits, ...]:
        """The parts that only this draft changes; they stay."""
        return tuple(edit for edit in self.parts if not edit.is_theirs)


def step_of(part: Part) -> Step:
    """The step that asks for a part."""
    step = find_step(STEPS_OF_PARTS.get(part.name, part.name))
    if step is None:
        raise LookupError(part.name)
    return step


def edits_since(draft: Draft) -> tuple[Event, ...]:
    """Who changed the policy since the draft began, the newest first; () when nobody did."""
    if draft.policy is None or not draft.is_overtaken:
        return ()
    edits = draft.policy.events.filter(verb__in=(What.EDIT_POLICY, What.UNDO_DEPLOYMENT), after__isnull=False)
    return tuple(edits[: draft.policy.version - (draft.policy_version or 0)])


def compare(draft: Draft, policy: Policy, reading: Reading) -> Comparison:
    """What the draft began from, the policy now, and the draft's answers. Raises AwsProblem as a reading does."""
    base = _base(draft, policy)
    return Comparison(find_edits(base, policy.asked, reading.spec_so_far(base)), reading.wrong)


def rebase(draft: Draft, policy: Policy, reading: Reading, kept: Collection[str], now: datetime) -> None:
    """Begin the draft anew from the policy as it is now, with the draft's own answer to the parts named in `kept`.

    Parts that only the draft changed stay, and so does a step that needs a correction, unless a part of it is taken
    over. Raises AwsProblem as a reading does.
    """
    base = _base(draft, policy)
    mine = reading.spec_so_far(base)
    edits = find_edits(base, policy.asked, mine)
    stay = {edit.part.name for edit in edits if edit.part.name in kept or not edit.is_theirs}
    answers = answers_for(merge(policy.asked, mine, stay))
    taken = {step_of(edit.part) for edit in edits if edit.part.name not in stay}
    as_typed = {step.slug: draft.answers[step.slug] for step in reading.wrong if step not in taken}
    _store(draft, policy, {**answers, **as_typed}, now)


def _base(draft: Draft, policy: Policy) -> PolicySpec:
    """The policy that the draft began from; today's for a draft older than that memory."""
    return PolicySpec.from_dict(draft.began_from) if draft.began_from else policy.asked


def _store(draft: Draft, policy: Policy, answers: dict[str, dict[str, list[str]]], now: datetime) -> None:
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        row.answers = {step.slug: answers[step.slug] for step in QUESTIONS if step.slug in answers}
        row.policy_version, row.began_from, row.changed_at = policy.version, policy.spec, now
        row.save(update_fields=["answers", "policy_version", "began_from", "changed_at"])
