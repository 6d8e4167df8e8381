"""What stands live beside the fields. Each preview looks at the answers and at AWS, and fills one fragment.

A preview is loaded in place after its page, again while people type, and as part of the page where no script runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policies.wizard.previews import inventory, lists, logs, outcome, schedules
from policies.wizard.previews.look import Context, Look
from policies.wizard.steps import Step

__all__ = ["PREVIEWS", "Context", "Look", "Preview", "find_preview", "previews_of"]


@dataclass(frozen=True)
class Preview:
    """One fragment: its name in URLs, the step it belongs to, what fills it, and whether its page asks for it."""

    name: str
    slug: str
    find: Callable[[Look], Context]
    is_on_page: bool = True

    @property
    def template(self) -> str:
        return f"wizard/_{self.name.replace('-', '_')}.html"


PREVIEWS = (
    Preview("identity", "name", lists.find_identity),
    Preview("scan-runs", "schedule", schedules.find_scan_runs),
    Preview("install-runs", "schedule", schedules.find_install_runs),
    Preview("baselines", "baselines", lists.find_baselines),
    Preview("baseline-rules", "baselines", lists.find_baseline_rules, is_on_page=False),
    Preview("buckets", "logs", logs.find_buckets),
    Preview("bucket-check", "logs", logs.find_bucket_check),
    Preview("places", "targets", lists.find_places),
    Preview("groups", "targets", lists.find_groups),
    Preview("tags", "targets", inventory.find_tags),
    Preview("nodes", "targets", inventory.find_nodes),
    Preview("matches", "targets", inventory.find_matches),
    Preview("rate-in-numbers", "rate", inventory.find_rate_in_numbers),
    Preview("node-access", "rate", outcome.find_node_access),
    Preview("plan", "review", outcome.find_plan),
)


def find_preview(name: str) -> Preview | None:
    """The preview with this name, or None."""
    return next((preview for preview in PREVIEWS if preview.name == name), None)


def previews_of(step: Step) -> tuple[Preview, ...]:
    """What a step's page shows."""
    return tuple(preview for preview in PREVIEWS if preview.slug == step.slug and preview.is_on_page)
