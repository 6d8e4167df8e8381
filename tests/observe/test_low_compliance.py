"""Low compliance is told of runs that have ended: one that is under way may end in any way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from policies.models import Alert, AssociationState, NodePolicy
from policies.observe.alerts import watch
from tests.observe.reading import NOW
from tests.observe.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(scene: Scene) -> Scene:
    """The policy's file is not there, so that its scan has failed on both nodes."""
    scene.scan()
    scene.settle()
    return scene


def test_it_is_told_once_though_another_run_begins(failed: Scene) -> None:
    assert watch(NOW) == 1
    failed.ssm().start_associations_once(AssociationIds=[failed.association_id])
    for seconds in (10, 1800):
        failed.wait(seconds=seconds)
        failed.settle()
        assert watch(NOW) == 0
    failed.write_file(0)
    failed.scan()
    failed.settle()
    watch(NOW)
    assert Alert.objects.get().ended_at == NOW


def test_it_is_not_told_of_the_first_nodes_that_end(failed: Scene) -> None:
    """But of a run that does not end for hours, since a node of it does not answer."""
    NodePolicy.objects.filter(pk=NodePolicy.objects.latest("pk").pk).update(status="pending")
    AssociationState.objects.update(status="pending")
    assert watch(NOW) == 0
    AssociationState.objects.update(last_run_at=F("last_run_at") - timedelta(days=1))
    assert watch(NOW) == 1
