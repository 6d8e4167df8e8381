"""The rows of account-Regions follow what CloudFormation tells, also where there are sixteen thousand."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from policies.aws.stack_instances import InstanceFact
from policies.deploy.instances import refresh_instances
from policies.domain.status import InstanceStatus
from policies.models import Policy
from tests.deploy.conftest import NOW
from tests.specs import some_spec

pytestmark = pytest.mark.django_db

NAME = "AWS-QuickSetup-PatchPolicy-TA-abcde"
MOST_MIB = 50


@pytest.fixture
def policy(db: None) -> Policy:
    """One that has no places yet."""
    return Policy.objects.create(
        configuration_id="abcde", name="Weekly", spec=some_spec().to_dict(), account_id="111122223333",
        home_region="us-east-1", created_at=NOW, created_by="ann",
    )  # fmt: skip


def places(count: int, status: InstanceStatus, reason: str = "") -> Iterator[InstanceFact]:
    for number in range(count):
        account_id = f"{number // 16:012d}"
        yield InstanceFact(account_id, f"us-east-{number % 16}", status, reason and f"{reason} of {account_id}")


def test_a_place_that_stays_as_it_was_is_not_written_and_one_that_is_gone_goes(policy: Policy) -> None:
    refresh_instances(policy, NAME, places(20, InstanceStatus.SUCCEEDED), NOW)
    refresh_instances(policy, NAME, places(18, InstanceStatus.SUCCEEDED), NOW + timedelta(minutes=1))

    assert [row.seen_at for row in policy.stack_instances.all()] == [NOW] * 18


def test_a_failure_is_stored_with_what_it_has_in_common_with_others(policy: Policy) -> None:
    refresh_instances(policy, NAME, places(20, InstanceStatus.RUNNING), NOW)
    refresh_instances(policy, NAME, places(20, InstanceStatus.FAILED, "Limit"), NOW)

    assert set(policy.stack_instances.values_list("status", flat=True)) == {"failed"}
    assert policy.stack_instances.values("signature").distinct().count() == 1


def test_sixteen_thousand_places_that_all_change_take_little_memory(policy: Policy) -> None:
    refresh_instances(policy, NAME, places(16_000, InstanceStatus.RUNNING), NOW)

    tracemalloc.start()
    refresh_instances(policy, NAME, places(16_000, InstanceStatus.FAILED, "Limit"), NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert policy.stack_instances.filter(status="failed").count() == 16_000
    assert peak / 2**20 < MOST_MIB
