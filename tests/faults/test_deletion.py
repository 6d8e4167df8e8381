"""After a deletion the whole sandbox is, to the byte, as it was before the policy was made.

But for what tells of the past, and what AWS itself keeps of things that were deleted: `LOGS` and `TOMBSTONES`.
"""

from __future__ import annotations

from datetime import timedelta
from difflib import unified_diff

import pytest

from policies.deploy.tasks import run_deployment
from tests.faults.matrix import create, delete, edit
from tests.faults.portal import Portal
from tests.inventory import take_inventory

pytestmark = pytest.mark.django_db
LONG_ENOUGH = timedelta(hours=30)
"""For scans that are due once a day."""


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(run_deployment, "delay", lambda _id: None)
    return Portal()


def inventory(portal: Portal) -> list[str]:
    portal.served.world.tick()
    return take_inventory(portal.served.world).splitlines()


def test_nothing_is_left_of_a_policy(portal: Portal) -> None:
    before = inventory(portal)

    portal.work(create(portal))
    portal.pass_time(LONG_ENOUGH)
    assert inventory(portal) != before
    portal.work(edit(portal))
    portal.pass_time(LONG_ENOUGH)
    portal.work(delete(portal))

    assert list(unified_diff(before, inventory(portal), lineterm="")) == []
