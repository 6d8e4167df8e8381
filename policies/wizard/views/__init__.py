"""The wizard's pages: seven steps with their fragments, and how a draft ends."""

from policies.wizard.views.ending import draft_compare, draft_create, draft_discard
from policies.wizard.views.steps import draft_matched, draft_new, draft_preview, draft_step, policy_copy, policy_edit

__all__ = [
    "draft_compare",
    "draft_create",
    "draft_discard",
    "draft_matched",
    "draft_new",
    "draft_preview",
    "draft_step",
    "policy_copy",
    "policy_edit",
]
