"""Reading the sandbox as the workers do, for tests of what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from policies.aws.connect import Aws
from policies.models import Policy, Shard
from policies.observe.collect import collect_organization, collect_shard
from sandbox.engine.world import World
from tests.specs import some_spec
from tests.worlds import MANAGEMENT, MEMBER

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REGION = "us-east-1"
MOST_READINGS = 6
EVERY_NODE = [{"Key": "InstanceIds", "Values": ["*"]}]


def make_policy(configuration_id: str = "abcde") -> Policy:
    """A policy's row, without anything in AWS."""
    return Policy.objects.create(
        configuration_id=configuration_id, name=configuration_id, spec=some_spec().to_dict(), account_id=MANAGEMENT,
        home_region=REGION, created_at=timezone.now(), created_by="administrator",
    )  # fmt: skip


def collect(aws: Aws) -> None:
    for shard_id in collect_organization(aws, NOW):
        assert collect_shard(shard_id, aws, NOW)


def scan(world: World, aws: Aws, purpose: str = "ScanForPatches") -> str:
    """An association of policy abcde in the member account, run to its end without an override file."""
    ssm = aws.in_account(MEMBER).client("ssm")
    made = ssm.create_association(
        Name="AWS-RunPatchBaseline", AssociationName=f"AWS-QuickSetup-PatchPolicy-{purpose}-TA-abcde",
        Targets=[{"Key": "InstanceIds", "Values": ["*"]}], Parameters={"Operation": ["Scan"]},
        ScheduleExpression="cron(0 1 * * ? *)",
    )  # fmt: skip
    world.clock.advance(timedelta(minutes=30))
    return str(made["AssociationDescription"]["AssociationId"])


def settle(aws: Aws) -> Shard:
    """Read the member account's home Region until nothing is left to read."""
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region=REGION)
    for _ in range(MOST_READINGS):
        assert collect_shard(shard.pk, aws, NOW)
        shard.refresh_from_db()
        assert (shard.error_code, shard.error_message) == ("", "")
        if not shard.is_behind:
            return shard
    raise AssertionError("the shard is behind for ever")


def associate(aws: Aws, world: World, purpose: str = "ScanForPatches", **parameters: str) -> str:
    """An association of policy abcde with every node of the member account, run to its end. Its id."""
    made = aws.in_account(MEMBER).client("ssm").create_association(
        Name="AWS-RunPatchBaseline", AssociationName=f"AWS-QuickSetup-PatchPolicy-{purpose}-TA-abcde",
        Targets=EVERY_NODE, MaxConcurrency="100%", MaxErrors="100%",
        Parameters={"Operation": ["Scan"], **{name: [value] for name, value in parameters.items()}},
        ScheduleExpression="cron(0 1 * * ? *)",
    )  # fmt: skip
    world.clock.advance(timedelta(minutes=30))
    world.tick()
    return str(made["AssociationDescription"]["AssociationId"])
