"""What someone changed behind the portal's back is found, told, and deployed away: that and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws.connect import Aws
from policies.deploy import drift
from policies.deploy.repair import deploy_difference
from policies.deploy.start import CannotStart
from policies.deploy.tasks import check_drift
from policies.deploy.views import drift as views
from policies.domain import naming
from policies.domain.status import DeploymentStatus
from policies.models import Cause, Deployment, DriftReport, Policy, Shard, Verb, What
from policies.observe.collect import collect_organization, collect_shard
from sandbox.engine.world import World
from sandbox.wire import Sandbox
from tests.deploy.conftest import NOW, Work
from tests.worlds import MEMBER, sign_in

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=4)
TARGETS, MANAGEMENT_SET = "AWS-QuickSetup-PatchPolicy-TA-abcde", "AWS-QuickSetup-PatchPolicy-MA-abcde"
SCAN = "AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde"


@pytest.fixture
def policy(made: Deployment, work: Work) -> Policy:
    """A policy for the organization, deployed."""
    return work(made).policy


@pytest.fixture
def member(sandbox: Sandbox) -> Aws:
    """Somebody with every right in a member account."""
    return sign_in(sandbox, MEMBER)


def read_fleet(aws: Aws, now: datetime = LATER) -> None:
    """Read the policy's Region in every account, until nothing is left to read."""
    collect_organization(aws, now)
    while here := Shard.objects.filter(region="us-east-1").exclude(collected_at=now, is_behind=False):
        for shard in here:
            collect_shard(shard.pk, aws, now)


def scan_of(member: Aws) -> str:
    told = member.client("ssm").list_associations()["Associations"]
    return str(next(each["AssociationId"] for each in told if each.get("AssociationName") == SCAN))


def told(policy: Policy, aws: Aws) -> list[tuple[str, tuple[str, ...]]]:
    """What differs: each change in a sentence, with its lines."""
    return [(str(change.sentence), change.differences) for change in drift.find_drift(policy, aws)[0].changes]


def repaired(policy: Policy, aws: Aws, work: Work) -> Deployment:
    shown = drift.digest_of(drift.find_drift(policy, aws)[0])
    return work(deploy_difference(policy, shown, "olga", aws, LATER))


def test_a_policy_that_was_just_deployed_does_not_differ(policy: Policy, aws: Aws) -> None:
    read_fleet(aws)

    plan, unread = drift.find_drift(policy, aws)

    assert (plan.is_empty, unread) == (True, 0)


def test_a_policy_is_compared_where_it_lives_when_the_portals_home_region_is_another_by_now(
    policy: Policy, sandbox: Sandbox
) -> None:
    moved = sign_in(sandbox)
    moved.region = "eu-west-1"

    assert drift.find_drift(policy, moved)[0].is_empty


def test_a_bucket_policy_and_a_file_that_were_overwritten_come_back(policy: Policy, aws: Aws, work: Work) -> None:
    s3 = aws.client("s3")
    s3.delete_bucket_policy(Bucket=policy.bucket)
    s3.put_object(Bucket=policy.bucket, Key="baseline_overrides.json", Body=b"[]")

    assert [sentence for sentence, _ in told(policy, aws)] == [
        f"Change the settings of the S3 bucket {policy.bucket}.",
        f"Write the changed patch baselines to baseline_overrides.json in the bucket {policy.bucket}.",
    ]
    done = repaired(policy, aws, work)

    newest = policy.override_versions.first()
    assert newest
    assert (done.verb, done.status, done.steps.count()) == (Verb.REPAIR, DeploymentStatus.SUCCEEDED, 2)
    assert (newest.cause, newest.by) == (Cause.REPAIR, "olga")
    assert told(policy, aws) == []


def test_buckets_that_were_laid_open_are_closed_again(policy: Policy, aws: Aws, work: Work) -> None:
    s3, bucket = aws.client("s3"), policy.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    s3.delete_bucket_lifecycle(Bucket=naming.access_log_bucket(policy.account_id, "abcde"))

    assert [lines for _, lines in told(policy, aws)] == [
        (
            "- expire_noncurrent_days: -", "+ expire_noncurrent_days: 90",
            "- archive_days: -", "+ archive_days: 90",
            "- expire_days: -", "+ expire_days: 3653",
        ),
        (
            "- versioning: Suspended", "+ versioning: Enabled",
            "- encryption: -", "+ encryption: AES256",
            "- object_ownership: -", "+ object_ownership: BucketOwnerEnforced",
            "- blocks_public_access: False", "+ blocks_public_access: True",
        ),
    ]  # fmt: skip
    assert repaired(policy, aws, work).status == DeploymentStatus.SUCCEEDED
    assert told(policy, aws) == []


def test_a_stack_set_that_was_edited_gets_its_template_back(policy: Policy, aws: Aws, work: Work) -> None:
    cloudformation = aws.client("cloudformation")
    template = cloudformation.describe_stack_set(StackSetName=TARGETS)["StackSet"]["TemplateBody"]
    edited = template.replace("cron(0 1 * * ? *)", "cron(0 5 * * ? *)")
    cloudformation.update_stack_set(
        StackSetName=TARGETS, TemplateBody=edited, Capabilities=["CAPABILITY_NAMED_IAM"],
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True},
    )  # fmt: skip

    [(sentence, lines)] = told(policy, aws)
    assert sentence.startswith(f"Change the CloudFormation stack set {TARGETS}")
    assert '- template: "ScheduleExpression": "cron(0 5 * * ? *)",' in lines
    assert lines[-2:] == ("- retain_stacks: True", "+ retain_stacks: False")
    assert repaired(policy, aws, work).status == DeploymentStatus.SUCCEEDED
    assert told(policy, aws) == []


def test_a_stack_that_somebody_took_out_of_the_set_is_deployed_again_there_alone(
    policy: Policy, aws: Aws, work: Work, world: World
) -> None:
    root = policy.root_id
    aws.client("cloudformation").delete_stack_instances(
        StackSetName=TARGETS, Regions=["us-east-1"], RetainStacks=False,
        DeploymentTargets={"OrganizationalUnitIds": [root], "Accounts": [MEMBER], "AccountFilterType": "INTERSECTION"},
    )  # fmt: skip
    world.clock.advance(timedelta(hours=1))

    assert told(policy, aws) == [(f"Deploy {TARGETS} to the account {MEMBER} in us-east-1.", ())]
    assert repaired(policy, aws, work).status == DeploymentStatus.SUCCEEDED
    assert told(policy, aws) == []


def test_an_association_that_somebody_deleted_is_made_anew(policy: Policy, aws: Aws, member: Aws, work: Work) -> None:
    member.client("ssm").delete_association(AssociationId=scan_of(member))
    read_fleet(aws)

    assert told(policy, aws) == [
        (
            f"Remove the stacks of {TARGETS} from the account {MEMBER} in us-east-1, and make them anew.",
            (f"- {SCAN}: missing",),
        )
    ]
    done = repaired(policy, aws, work)
    done.refresh_from_db()
    assert done.finished_at
    read_fleet(aws, done.finished_at + timedelta(minutes=5))
    assert (done.status, told(policy, aws)) == (DeploymentStatus.SUCCEEDED, [])


def test_an_association_that_somebody_edited_is_told_with_what_it_should_say(
    policy: Policy, aws: Aws, member: Aws
) -> None:
    member.client("ssm").update_association(
        AssociationId=scan_of(member), AssociationName=SCAN, ScheduleExpression="cron(0 9 * * ? *)",
        Parameters={"Operation": ["Scan"]}, MaxConcurrency="1",
        Targets=[{"Key": "tag:Patch", "Values": ["yes"]}],
    )  # fmt: skip
    read_fleet(aws)

    [(_, lines)] = told(policy, aws)
    assert lines == (
        f"- {SCAN} ScheduleExpression: cron(0 9 * * ? *)",
        f"+ {SCAN} ScheduleExpression: cron(0 1 * * ? *)",
        f"- {SCAN} Targets: tag:Patch=yes",
        f"+ {SCAN} Targets: InstanceIds=*",
        f"- {SCAN} Parameters: Operation=Scan",
        f"+ {SCAN} Parameters: BaselineOverride=s3://{policy.bucket}/baseline_overrides.json; Operation=Scan",
        f"- {SCAN} MaxConcurrency: 1",
        f"+ {SCAN} MaxConcurrency: 10%",
        f"- {SCAN} MaxErrors: -",
        f"+ {SCAN} MaxErrors: 2%",
    )


def test_associations_that_were_not_read_since_are_not_judged(policy: Policy, aws: Aws, member: Aws) -> None:
    member.client("ssm").delete_association(AssociationId=scan_of(member))

    plan, unread = drift.find_drift(policy, aws)

    assert (plan.is_empty, unread) == (True, 7)


def test_what_was_looked_at_is_what_is_deployed(policy: Policy, aws: Aws) -> None:
    aws.client("s3").delete_bucket_policy(Bucket=policy.bucket)

    with pytest.raises(CannotStart, match="Look at it again"):
        deploy_difference(policy, "another", "olga", aws, LATER)
    assert DriftReport.objects.get().count == 1
    aws.client("s3").put_object(Bucket=policy.bucket, Key="baseline_overrides.json", Body=b"[]")
    with pytest.raises(CannotStart, match="Look at it again"):
        deploy_difference(policy, DriftReport.objects.get().digest, "olga", aws, LATER)
    assert not policy.deployments.filter(verb=Verb.REPAIR).exists()


def test_nothing_is_deployed_where_nothing_differs(policy: Policy, aws: Aws) -> None:
    with pytest.raises(CannotStart, match="Nothing differs"):
        deploy_difference(policy, "any", "olga", aws, LATER)


def test_a_difference_is_due_every_night_and_after_a_deployment_and_told_once(policy: Policy, aws: Aws) -> None:
    aws.client("s3").delete_bucket_policy(Bucket=policy.bucket)
    assert drift.find_due(LATER) == [policy.pk]

    drift.check_drift(policy, aws, LATER)
    drift.check_drift(policy, aws, LATER)

    assert policy.events.filter(verb=What.FIND_DRIFT).count() == 1
    assert drift.find_due(LATER + timedelta(hours=1)) == []
    assert drift.find_due(LATER + timedelta(days=1)) == [policy.pk]
    Deployment.objects.update(finished_at=LATER + timedelta(minutes=30))
    assert drift.find_due(LATER + timedelta(hours=1)) == [policy.pk]


@pytest.mark.parametrize(
    ("now", "began"), [("2026-11-23T01:59", "2026-11-22T02:00"), ("2026-11-23T02:00", "2026-11-23T02:00")]
)
def test_a_night_begins_at_two(now: str, began: str) -> None:
    assert drift.last_night(datetime.fromisoformat(now)) == datetime.fromisoformat(began)


def test_the_page_shows_what_differs_and_the_button_deploys_it(
    policy: Policy, aws: Aws, as_viewer: Client, as_operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "connection", lambda: aws)
    monkeypatch.setattr(check_drift, "delay", lambda pk: drift.check_drift(Policy.objects.get(pk=pk), aws, LATER))
    page, compare, deploy = (reverse(f"policy_{name}", args=["abcde"]) for name in ("drift", "compare", "repair"))
    aws.client("s3").delete_bucket_policy(Bucket=policy.bucket)

    assert "Not compared yet" in as_viewer.get(page).content.decode()
    assert [as_viewer.post(address).status_code for address in (compare, deploy)] == [403, 403]
    shown = as_operator.post(compare, follow=True).content.decode()
    assert f"Change the settings of the S3 bucket {policy.bucket}." in shown
    assert "AWS differs from what this policy asked for" in as_viewer.get(page).content.decode()
    assert as_operator.post(deploy, {"shown": "stale"}).headers["Location"] == page
    begun = as_operator.post(deploy, {"shown": DriftReport.objects.get().digest})
    assert begun.headers["Location"] == reverse("deployment", args=[policy.deployments.get(verb=Verb.REPAIR).pk])
