"""A policy's history leads to what it tells of."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import Deployment, Event, RunOrder, What
from policies.observe.history import find_places
from tests.observe.reading import make_policy
from tests.observe.test_pages import NOW, page

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def test_each_event_leads_to_what_it_tells_of(as_viewer: Client) -> None:
    policy = make_policy()
    asked = {"policy": policy, "requested_by": "ann"}
    deployment = Deployment.objects.create(verb="create", status="failed", plan={}, requested_at=NOW, **asked)
    order = RunOrder.objects.create(
        token=UUID(int=1), operation="Scan", selects=False, nodes=1, accounts=1, requested_at=LATER, **asked
    )
    told = {
        What.CREATE_POLICY: (NOW, policy.spec, reverse("deployment", args=[deployment.pk])),
        What.DEPLOYMENT_FAILED: (LATER, {"deployment": deployment.pk}, reverse("deployment", args=[deployment.pk])),
        What.RUN_NOW: (LATER, None, reverse("run", args=[order.pk])),
        What.HOLD_SYNC: (NOW, None, reverse("policy_baselines", args=["abcde"])),
        What.FIND_DRIFT: (NOW, None, reverse("policy_drift", args=["abcde"])),
        What.DELETE_POLICY: (LATER + timedelta(days=1), None, ""),
    }
    for verb, (at, after, _) in told.items():
        Event.objects.create(policy=policy, at=at, by="ann", verb=verb, after=after)

    found = {What(event.verb): place for event, place in find_places(policy, list(policy.events.all()))}

    assert found == {verb: place for verb, (_, _, place) in told.items()}
    assert f'<a href="{reverse("run", args=[order.pk])}">Run at once requested</a>' in page(
        as_viewer, "policy_history", "abcde"
    )
