"""Two requests at once for one draft: of a button that was pressed twice one press counts, the other finds the result.

Only a database with several writers at a time can show it; SQLite lets one in after the other.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policies.deploy import start
from policies.models import Deployment, Draft, Policy
from policies.wizard.draft import begin_copy, begin_draft

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="left out: needs PostgreSQL"),
]
PRESSES = 2


def press_at_once(person: User, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where each of two presses of the last button leads; both have made their plan before either writes."""
    meet, begin = Barrier(PRESSES, timeout=30), start._finish

    def wait_for_the_other(*arguments: object) -> None:
        meet.wait()
        begin(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "_finish", wait_for_the_other)

    def press(_number: int) -> HttpResponse:
        client = Client()
        client.force_login(person)
        try:
            return client.post(reverse("draft_create", args=[draft.pk]))  # type: ignore[return-value]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PRESSES) as pool:
        return [told["Location"] for told in pool.map(press, range(PRESSES))]


def test_two_presses_of_create_make_one_policy(
    administrator: User, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = begin_copy(administrator, timezone.now(), lambda: "copy1", policy)

    where = press_at_once(administrator, draft, monkeypatch)

    assert where == [reverse("policy", args=["copy1"])] * PRESSES
    assert Policy.objects.count() == 2
    assert Deployment.objects.filter(policy__configuration_id="copy1").count() == 1


def test_two_presses_of_update_make_one_version(
    administrator: User, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = begin_draft(administrator, timezone.now(), lambda: "zzzzz", policy)
    draft.answers["rate"]["concurrency"] = ["25%"]
    draft.save()

    where = press_at_once(administrator, draft, monkeypatch)

    policy.refresh_from_db()
    assert where == [reverse("policy", args=[policy.configuration_id])] * PRESSES
    assert (policy.version, policy.deployments.count()) == (2, 2)
