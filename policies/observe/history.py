"""Where a policy's history leads: each event to the deployment or run that it speaks of, or to a tab that shows it."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from policies.models import Event, Policy, What

TABS = {
    What.SYNC_FILE: "policy_baselines",
    What.HOLD_SYNC: "policy_baselines",
    What.RELEASE_SYNC: "policy_baselines",
    What.MISSING_BASELINES: "policy_baselines",
    What.REPLACE_BASELINE: "policy_baselines",
    What.FIND_DRIFT: "policy_drift",
}
"""Where events are shown that began nothing."""


def find_places(policy: Policy, events: Collection[Event]) -> list[tuple[Event, str]]:
    """Each event with its address; "" where what it began is no longer kept. Two queries.

    What a request began was recorded in one transaction with it, at the same moment.
    """
    moments = [event.at for event in events]
    begun = {
        (name, at): reverse(name, args=[pk])
        for name, rows in (("deployment", policy.deployments), ("run", policy.run_orders))
        for at, pk in rows.filter(requested_at__in=moments).values_list("requested_at", "pk")
    }
    return [(event, _told(policy, event) or begun.get((_begins(event), event.at), "")) for event in events]


def _begins(event: Event) -> str:
    return "run" if event.verb == What.RUN_NOW else "deployment"


def _told(policy: Policy, event: Event) -> str:
    """The address that an event itself tells."""
    tab = TABS.get(What(event.verb))
    if tab:
        return reverse(tab, args=[policy.configuration_id])
    deployment = (event.after or {}).get("deployment")
    return reverse("deployment", args=[deployment]) if deployment else ""
