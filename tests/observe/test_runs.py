"""Runs are asked of AWS when somebody opens them: executions, their nodes with exit codes, output out of S3."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws import connect, run_output
from policies.aws.connect import Aws
from policies.domain.spec import LogStorage
from policies.models import Account, AssociationState, Node, NodePolicy, Policy, RunOrder, Shard
from policies.models.failures import find_group, group_failures
from policies.observe.reports import count_policies
from policies.observe.runs import read_nodes, read_output, read_runs
from sandbox.engine.world import World
from tests.observe.reading import make_policy, settle
from tests.observe.test_pages import NOW, page
from tests.worlds import MEMBER

pytestmark = pytest.mark.django_db

BUCKET = "example-patch-logs-us-east-1"
PAGE = 50


@pytest.fixture
def ran(aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch) -> AssociationState:
    """An association whose runs fail for want of the override file, and write so into the log bucket."""
    connect.connection.cache_clear()
    monkeypatch.setattr(connect, "connect", lambda: aws)
    policy = make_policy()
    Policy.objects.update(spec=replace(policy.asked, logs=LogStorage(BUCKET, "us-east-1", "logs")).to_dict())
    opened = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    aws.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [opened]}))
    for role in world.account(MEMBER).roles.values():
        role.inline["logs"] = {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    _fail(aws, world)
    settle(aws)
    return AssociationState.objects.get(shard__region="us-east-1")


def _fail(aws: Aws, world: World) -> None:
    place = {"OutputS3BucketName": BUCKET, "OutputS3Region": "us-east-1"}
    aws.in_account(MEMBER).client("ssm").create_association(
        Name="AWS-RunPatchBaseline", AssociationName="AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde",
        Targets=[{"Key": "InstanceIds", "Values": ["*"]}], MaxErrors="100%",
        Parameters={"Operation": ["Scan"], "BaselineOverride": ["s3://no-such-bucket/baseline_overrides.json"]},
        OutputLocation={"S3Location": {**place, "OutputS3KeyPrefix": f"logs/abcde/{MEMBER}/us-east-1"}},
    )  # fmt: skip
    world.clock.advance(timedelta(minutes=30))


def _address(name: str, association: AssociationState, *more: object) -> str:
    return reverse(name, args=["abcde", association.pk, *more])


def test_a_run_is_opened_from_association_to_output(ran: AssociationState, aws: Aws, as_viewer: Client) -> None:
    [run] = read_runs(ran, aws)
    first = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]

    assert _address("policy_association", ran) in page(as_viewer, "policy_runs", "abcde")
    assert _address("policy_execution", ran, run.execution_id) in page(as_viewer, "policy_association", "abcde", ran.pk)
    results = page(as_viewer, "policy_execution", "abcde", ran.pk, run.execution_id)
    assert "Exit code 162" in results
    output = _address("policy_run_output", ran, run.execution_id, first.told.instance_id)
    assert output in results
    told = as_viewer.get(output).content.decode()
    assert "could not be downloaded" in told
    assert f"logs/abcde/{MEMBER}/us-east-1/" in told


@pytest.mark.parametrize("polls", [False, True])
def test_output_is_found_in_both_layouts(polls: bool, aws: Aws, world: World, ran: AssociationState) -> None:
    world.agents_poll = polls
    aws.in_account(MEMBER).client("ssm").start_associations_once(AssociationIds=[ran.association_id])
    world.clock.advance(timedelta(minutes=20))
    newest, _ = read_runs(ran, aws)
    row = read_nodes(ran, newest.execution_id, aws, "", "").rows[0]

    output = read_output(ran, newest.execution_id, row.told.instance_id, row.node, aws)

    assert output.streams
    assert all((f"/{row.told.instance_id}/{ran.association_id}/" in stream.key) == polls for stream in output.streams)
    assert all(row.told.instance_id in stream.key for stream in output.streams)


def test_of_a_long_output_the_end_is_shown(ran: AssociationState, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_output, "MOST_BYTES", 16)
    [run] = read_runs(ran, aws)
    row = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]

    output = read_output(ran, run.execution_id, row.told.instance_id, row.node, aws)

    assert {len(stream.text) for stream in output.streams} == {16}
    assert all(stream.is_cut and stream.size > 16 for stream in output.streams)


def test_without_a_log_bucket_what_systems_manager_kept_is_shown(
    ran: AssociationState, aws: Aws, as_viewer: Client
) -> None:
    Policy.objects.update(spec=replace(ran.policy.asked, logs=None).to_dict())
    [run] = read_runs(ran, aws)
    row = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]

    told = page(as_viewer, "policy_run_output", "abcde", ran.pk, run.execution_id, row.told.instance_id)

    assert "The policy writes no output to S3. This is what Systems Manager kept, which may be cut." in told


def test_a_log_bucket_that_cannot_be_read_hides_nothing_else(
    ran: AssociationState, aws: Aws, as_viewer: Client
) -> None:
    gone = LogStorage("no-such-bucket-anywhere", "us-east-1", "logs")
    Policy.objects.update(spec=replace(ran.policy.asked, logs=gone).to_dict())
    [run] = read_runs(ran, aws)
    row = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]

    told = page(as_viewer, "policy_run_output", "abcde", ran.pk, run.execution_id, row.told.instance_id)

    for said in ("The log bucket could not be read", "NoSuchBucket", "could not be downloaded", "may be cut"):
        assert said in told


def test_output_outlives_the_run_that_aws_has_forgotten(
    ran: AssociationState, aws: Aws, world: World, as_viewer: Client
) -> None:
    [run] = read_runs(ran, aws)
    row = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]
    world.associations.all[ran.association_id].executions.clear()

    told = page(as_viewer, "policy_run_output", "abcde", ran.pk, run.execution_id, row.told.instance_id)

    assert "AWS no longer keeps this run" in told
    assert f"/{row.told.command_id}/{row.told.instance_id}/" in told


def test_output_is_text(ran: AssociationState, aws: Aws, as_viewer: Client) -> None:
    [run] = read_runs(ran, aws)
    row = read_nodes(ran, run.execution_id, aws, "Failed", "").rows[0]
    output = read_output(ran, run.execution_id, row.told.instance_id, row.node, aws)
    aws.client("s3").put_object(Bucket=BUCKET, Key=output.streams[0].key, Body=b"<script>alert(1)</script>\xff")

    told = page(as_viewer, "policy_run_output", "abcde", ran.pk, run.execution_id, row.told.instance_id)

    assert "&lt;script&gt;alert(1)" in told
    assert "<script>alert" not in told


def test_what_aws_refuses_is_told_on_the_page(ran: AssociationState, as_viewer: Client) -> None:
    assert "AWS did not answer" in page(as_viewer, "policy_execution", "abcde", ran.pk, "nothing")
    assert "AWS did not answer" in page(as_viewer, "policy_run_output", "abcde", ran.pk, "nothing", "i-1")


def test_a_node_without_a_part_in_the_run_is_not_found(ran: AssociationState, aws: Aws, as_viewer: Client) -> None:
    [run] = read_runs(ran, aws)

    assert as_viewer.get(_address("policy_run_output", ran, run.execution_id, "i-none")).status_code == 404
    assert as_viewer.get(reverse("policy_association", args=["abcde", 10**6])).status_code == 404


def test_the_list_has_the_associations_that_the_policys_bar_counts(ran: AssociationState, as_viewer: Client) -> None:
    """Also one that gives nodes access, whose runs are no patching; none of an account that left."""
    AssociationState.objects.create(
        policy=ran.policy, shard=ran.shard, association_id="a-2", name="Access", purpose="access", status="failed"
    )
    left = Account.objects.create(account_id="999999999999", name="Left", is_active=False, seen_at=NOW)
    AssociationState.objects.create(
        policy=ran.policy, shard=Shard.objects.create(account=left, region="us-east-1"), association_id="a-3",
        name="Scan", purpose="scan", status="failed",
    )  # fmt: skip

    counted = count_policies([ran.policy])[ran.policy_id].associations
    told = as_viewer.get(f"{reverse('policy_runs', args=['abcde'])}?status=failed&format=json").getvalue()

    assert counted == {"failed": 2}
    assert [row["purpose"] for row in json.loads(told)] == ["scan", "access"]


def test_failures_are_told_once_for_each_cause(as_viewer: Client) -> None:
    policy = make_policy()
    reasons = [
        (160, "a"),
        (160, "b"),
        (None, "no answer from i-0123456789abcdef0"),
        (None, "no answer from i-11111111"),
    ]
    for number, (code, detail) in enumerate(reasons):
        account = Account.objects.create(account_id=f"{number:012}", name="x", seen_at=NOW)
        node = Node.objects.create(
            shard=Shard.objects.create(account=account, region="us-east-1"), instance_id="i-1", seen_at=NOW
        )
        NodePolicy.objects.create(node=node, policy=policy, status="non_compliant", exit_code=code, detail=detail)

    groups = group_failures(policy)

    assert sorted((group.exit_code, group.nodes, len(group.accounts)) for group in groups if group.exit_code) == [
        (160, 2, 2)
    ]
    [other] = [group for group in groups if not group.exit_code]
    assert (other.reason, other.nodes) == ("no answer from …", 2)
    assert find_group(policy, other.key) == other
    assert "(2)" in page(as_viewer, "policy_nodes", "abcde", query=f"?failure={other.key}")
    assert "may not read the override file" in page(as_viewer, "policy_runs", "abcde")


def test_those_that_failed_alike_are_run_again_together(as_operator: Client) -> None:
    policy = make_policy()
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    shard = Shard.objects.create(account=account, region="us-east-1")
    for number, code in enumerate([160] * (PAGE + 1) + [163]):
        node = Node.objects.create(shard=shard, instance_id=f"i-{number}", name=f"web-{number}", seen_at=NOW)
        NodePolicy.objects.create(node=node, policy=policy, status="non_compliant", exit_code=code)
    total = PAGE + 1

    told = page(as_operator, "policy_nodes", "abcde", query="?failure=160")
    confirming = page(as_operator, "policy_run", "abcde", query="?failure=160")

    assert f"Run again (nodes: {total}, accounts: 1)" in told
    assert f"Scan {total} nodes" in confirming
    assert 'name="failure" value="160"' in confirming
    assert "at most 50 nodes" in confirming
    assert "There is no node to run on" in page(as_operator, "policy_run", "abcde", query="?failure=1")
    wrong = {"operation": "Scan", "token": str(UUID(int=7)), "shown": total, "failure": "1"}
    assert as_operator.post(reverse("policy_run", args=["abcde"]), wrong).status_code == 422
    right = {**wrong, "failure": "160"}
    assert as_operator.post(reverse("policy_run", args=["abcde"]), right).status_code == 302
    order = RunOrder.objects.get()
    assert [len(part.instances) for part in order.parts.all()] == [50, 1]


def test_a_policys_nodes_are_found_by_name_and_id(as_viewer: Client) -> None:
    policy = make_policy()
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    shard = Shard.objects.create(account=account, region="us-east-1")
    for name, instance_id in (("Web-1", "i-0aaaaaaaa"), ("db-1", "i-0bbbbbbbb")):
        node = Node.objects.create(shard=shard, instance_id=instance_id, name=name, seen_at=NOW)
        NodePolicy.objects.create(node=node, policy=policy)

    found = {
        words: page(as_viewer, "policy_nodes", "abcde", query=f"?search={words}") for words in ("WEB", "0bbb", "x")
    }

    assert [("Web-1" in told, "db-1" in told) for told in found.values()] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert "No matching nodes" in found["x"]
