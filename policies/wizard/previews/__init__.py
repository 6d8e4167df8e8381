"""What stands live beside the fields. Each preview looks at the answers and at AWS, and fills one fragment.

A preview is loaded in place after its page, again while people type, and as part of the page where no script runs. The
element that asks stays while what is in it is replaced: with it would go the change that came while it waited.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from policies.wizard.forms import BaselinesForm
from policies.wizard.previews import effect, inventory, lists, logs, outcome, places, reach, schedules
from policies.wizard.previews.look import Context, Look
from policies.wizard.steps import Step

__all__ = ["PREVIEWS", "Context", "Look", "Preview", "find_preview", "previews_of"]


TYPING = "input from:closest form delay:400ms"
CHOOSING = "change from:closest form delay:200ms"


@dataclass(frozen=True)
class Preview:
    """One fragment: its name in URLs, the step it belongs to, and what fills it.

    `trigger` says in htmx's words when it is asked for anew, "" for never; `carries` names the fields whose controls
    stand in it, so that their answers are kept while it has not arrived; `asked_by` names the parameter without which
    it is not on the page.
    """

    name: str
    slug: str
    find: Callable[[Look], Context]
    trigger: str = ""
    carries: tuple[str, ...] = ()
    asked_by: str = ""

    @property
    def key(self) -> str:
        """Its name in templates."""
        return self.name.replace("-", "_")

    @property
    def template(self) -> str:
        return f"wizard/_{self.key}.html"


PREVIEWS = (
    Preview("identity", "name", lists.find_identity),
    Preview("scan-runs", "schedule", schedules.find_scan_runs, TYPING),
    Preview("install-runs", "schedule", schedules.find_install_runs, TYPING),
    Preview("baselines", "baselines", lists.find_baselines, CHOOSING, carries=BaselinesForm.later_fields()),
    Preview("baseline-rules", "baselines", lists.find_baseline_rules, asked_by="system"),
    Preview("buckets", "logs", logs.find_buckets),
    Preview("bucket-check", "logs", logs.find_bucket_check, CHOOSING),
    Preview("places", "targets", places.find_places, carries=("unit_ids", "regions")),
    Preview("groups", "targets", lists.find_groups, CHOOSING),
    Preview("tags", "targets", inventory.find_tags, CHOOSING),
    Preview("nodes", "targets", inventory.find_nodes, carries=("instance_ids",)),
    Preview("matches", "targets", reach.find_reach, TYPING),
    Preview("matched", "targets", reach.find_listed, asked_by="list"),
    Preview("rate-in-numbers", "rate", reach.find_rate_in_numbers, TYPING),
    Preview("node-access", "rate", outcome.find_node_access, CHOOSING),
    Preview("effect", "review", effect.find_effect),
    Preview("plan", "review", outcome.find_plan),
    Preview("doubts", "review", reach.find_saved_reach),
)


def find_preview(name: str) -> Preview | None:
    """The preview with this name, or None."""
    return next((preview for preview in PREVIEWS if preview.name == name), None)


def previews_of(step: Step, asked: Container[str] = ()) -> tuple[Preview, ...]:
    """What a step's page shows when these parameters were given."""
    return tuple(p for p in PREVIEWS if p.slug == step.slug and (not p.asked_by or p.asked_by in asked))
