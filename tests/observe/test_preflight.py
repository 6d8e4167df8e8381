"""The pre-flight finds each failure of the broken world, and each exactly once."""

from __future__ import annotations

import json
import shlex
from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws import connect
from policies.aws.connect import Aws
from policies.domain.node_access import Check, Light
from policies.domain.sentence import Sentence
from policies.domain.spec import AccountScope, LogStorage, NodeScope, Targets
from policies.models import Node, NodePolicy, Policy, Shard
from policies.observe.collect import collect_organization
from policies.observe.preflight import Preflight, read_preflight
from policies.plan.access_remedies import ALL_BUCKETS, ONE_BUCKET, Remedy
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, stock
from tests.observe.reading import NOW, make_policy
from tests.specs import some_spec
from tests.worlds import BEGIN, sign_in

pytestmark = pytest.mark.django_db

PLACES = (
    ("222233334444", "us-east-1"), ("333344445555", "us-east-1"), ("444455556666", "us-east-1"),
    ("444455556666", "eu-west-1"),
)  # fmt: skip
OBSTACLES = {
    "well": None, "noexec": None, "no-role": Check.ROLE, "no-core": Check.CORE_POLICY, "no-tag": Check.ROLE_TAG,
    "no-file": Check.FILE_READ, "old-agent": Check.AGENT, "lost": Check.CONTACT, "stopped": Check.STATE,
    "old-system": Check.SYSTEM, "no-rules": Check.RULES, "outside": Check.BUCKET_POLICY,
    "endpoint-policy": Check.ENDPOINT_POLICY, "endpoint-region": Check.ENDPOINT_REGION,
}  # fmt: skip
"""What stops each node first. That nothing can be executed on `noexec` is told by its run alone: exit code 126."""
ELSEWHERE = {Check.EXECUTION, Check.AWS_BUCKETS, Check.LOG_WRITE, Check.LOG_BUCKET, Check.LOG_ENDPOINT}
"""What a run, another endpoint or a log bucket tells."""
WITH_REMEDY = {
    Check.ROLE, Check.CORE_POLICY, Check.AGENT, Check.ROLE_TAG, Check.FILE_READ, Check.BUCKET_POLICY,
    Check.ENDPOINT_POLICY,
}  # fmt: skip
TARGETS = Targets(AccountScope.UNITS, ("us-east-1", "eu-west-1"), NodeScope.ALL, unit_ids=("ou-brok-work0001",))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The portal in the broken world, which knows its accounts."""
    served = Sandbox(WORLDS["broken"](BEGIN, 0), strict_answers=True)
    stock(served.world)
    aws = sign_in(served)
    connect.connection.cache_clear()
    monkeypatch.setattr(connect, "connect", lambda: aws)
    collect_organization(aws, NOW)
    policy = make_policy("brokn")
    Policy.objects.filter(pk=policy.pk).update(spec=some_spec(targets=TARGETS).to_dict())
    return aws


def _shard(account_id: str, region: str) -> Shard:
    return Shard.objects.select_related("account").get(account_id=account_id, region=region)


def _find_all(aws: Aws) -> dict[str, Preflight]:
    policy = Policy.objects.get()
    told = [one for place in PLACES for one in read_preflight(policy, _shard(*place), aws)]
    return {one.node.name: one for one in told}


def remedies_for(one: Preflight, check: Check) -> tuple[Remedy, ...]:
    """The remedies of one of a node's checks."""
    return next(advice.remedies for advice in one.advice if advice.outcome.check is check)


def light_of(one: Preflight, check: Check) -> Light | None:
    """The light of one of a node's checks; None where the check is not made."""
    return next((advice.outcome.light for advice in one.advice if advice.outcome.check is check), None)


def write_logs_to(bucket: str) -> None:
    """From now on the policy's output goes there."""
    spec = some_spec(targets=TARGETS, logs=LogStorage(bucket, "us-east-1", "patching"))
    Policy.objects.update(spec=spec.to_dict())


def document_in(command: str, option: str) -> str:
    """The policy document in a command, without the shell's quotes."""
    words = shlex.split(command)
    return words[words.index(option) + 1]


def test_each_failure_is_found_once_and_stops_its_node(broken: Aws) -> None:
    found = _find_all(broken)

    assert {name: one.obstacle.check if one.obstacle else None for name, one in found.items()} == OBSTACLES
    assert set(Counter(check for check in OBSTACLES.values() if check).values()) == {1}
    assert {check for check in OBSTACLES.values() if check} == set(Check) - ELSEWHERE


def test_what_can_be_deployed_against_a_failure_is_there_in_three_languages(broken: Aws) -> None:
    for one in _find_all(broken).values():
        for advice in one.advice:
            has_remedy = advice.outcome.light is not Light.GOOD and advice.outcome.check in WITH_REMEDY
            assert bool(advice.remedies) == has_remedy
            for remedy in advice.remedies:
                assert remedy.command.startswith("aws ")
                assert '"Resources"' in remedy.cloudformation
                assert remedy.terraform.startswith('resource "aws_')


def test_the_commands_that_are_shown_put_it_right(broken: Aws) -> None:
    """No-tag and no-file as their remedies say; then the run would read the file."""
    iam = broken.in_account("222233334444").client("iam")
    before = _find_all(broken)
    [tag] = remedies_for(before["no-tag"], Check.ROLE_TAG)
    assert tag.command == "aws iam tag-role --role-name untagged-server --tags Key=QSConfigId-brokn,Value=brokn"
    iam.tag_role(RoleName="untagged-server", Tags=[{"Key": "QSConfigId-brokn", "Value": "brokn"}])

    assert _find_all(broken)["no-tag"].obstacle is None


def test_the_page_tells_lights_reasons_and_remedies(broken: Aws, as_viewer: Client) -> None:
    shard = _shard("222233334444", "us-east-1")

    listed = as_viewer.get(reverse("policy_access", args=["brokn"])).content.decode()
    opened = as_viewer.get(reverse("policy_preflight", args=["brokn", shard.pk])).content.decode()

    assert reverse("policy_preflight", args=["brokn", shard.pk]) in listed
    assert "The role untagged-server lacks the tag QSConfigId-brokn." in opened
    assert "aws iam tag-role" in opened


def test_an_account_that_cannot_be_read_says_so(broken: Aws, as_viewer: Client) -> None:
    shard = _shard("666677778888", "us-east-1")

    told = as_viewer.get(reverse("policy_preflight", args=["brokn", shard.pk])).content.decode()

    assert "AWS did not answer" in told
    assert "sts:AssumeRole" in told
    assert "read-only role in the account up to date" in told


def test_one_node_is_checked_alone(broken: Aws) -> None:
    shard = _shard("222233334444", "us-east-1")

    told = read_preflight(Policy.objects.get(), shard, broken, "i-0b0000000000000a3")

    assert [one.node.name for one in told] == ["no-tag"]


def test_a_node_that_runs_no_program_is_known_by_its_run(broken: Aws) -> None:
    codes = {"noexec": ("non_compliant", 126), "no-rules": ("non_compliant", 163), "well": ("compliant", None)}
    shard = _shard(*PLACES[0])
    for node in read_preflight(Policy.objects.get(), shard, broken):
        if node.node.name in codes:
            status, code = codes[node.node.name]
            row = Node.objects.create(shard=shard, instance_id=node.node.instance_id, seen_at=NOW)
            NodePolicy.objects.create(node=row, policy=Policy.objects.get(), status=status, exit_code=code)

    found = _find_all(broken)

    lights = {name: light_of(found[name], Check.EXECUTION) for name in [*codes, "no-tag"]}
    assert lights == {"noexec": Light.BAD, "no-rules": Light.GOOD, "well": Light.GOOD, "no-tag": None}
    assert found["noexec"].obstacle
    assert found["noexec"].obstacle.check is Check.EXECUTION


def test_a_log_bucket_that_no_member_may_write_to_is_a_doubt_and_its_remedy_opens_it(broken: Aws) -> None:
    write_logs_to("example-locked-logs")
    [opened] = remedies_for(_find_all(broken)["well"], Check.LOG_BUCKET)

    broken.client("s3").put_bucket_policy(Bucket="example-locked-logs", Policy=document_in(opened.command, "--policy"))

    found = _find_all(broken)
    lights = {name: light_of(found[name], Check.LOG_BUCKET) for name in ("well", "no-tag", "outside")}
    assert lights == {"well": Light.GOOD, "no-tag": Light.GOOD, "outside": Light.DOUBT}
    assert found["well"].obstacle is None


def test_a_role_that_may_not_write_logs_is_told_and_mended(broken: Aws) -> None:
    write_logs_to("example-patch-logs")
    before = _find_all(broken)
    [mended] = remedies_for(before["no-tag"], Check.LOG_WRITE)
    lights = {name: light_of(before[name], Check.LOG_WRITE) for name in ("well", "no-tag")}
    broken.in_account(PLACES[0][0]).client("iam").put_role_policy(
        RoleName="untagged-server", PolicyName="PatchPolicyLogs",
        PolicyDocument=document_in(mended.command, "--policy-document"),
    )  # fmt: skip

    after = _find_all(broken)

    assert lights == {"well": Light.GOOD, "no-tag": Light.DOUBT}
    assert light_of(after["no-tag"], Check.LOG_WRITE) is Light.GOOD
    assert light_of(after["no-tag"], Check.LOG_BUCKET) is Light.GOOD


def test_a_log_bucket_that_cannot_be_seen_is_a_doubt_without_a_remedy(broken: Aws) -> None:
    write_logs_to("no-such-bucket-anywhere")

    found = _find_all(broken)["well"]

    assert light_of(found, Check.LOG_BUCKET) is Light.DOUBT
    assert remedies_for(found, Check.LOG_BUCKET) == ()


@pytest.mark.parametrize("scope", [ONE_BUCKET, ALL_BUCKETS])
def test_an_endpoint_is_opened_for_one_bucket_or_for_all_and_keeps_what_it_let_through(
    scope: Sentence, broken: Aws
) -> None:
    write_logs_to("example-patch-logs")
    before = _find_all(broken)["endpoint-policy"]
    ec2 = broken.in_account("444455556666").client("ec2", "us-east-1")

    remedies = [
        next(each for each in remedies_for(before, check) if each.scope == scope)
        for check in (Check.ENDPOINT_POLICY, Check.LOG_ENDPOINT)
    ]
    assert remedies[0] == remedies[1]
    assert "vpce-0b0000000000000d1" in remedies[0].command
    assert remedies[0].terraform.startswith('resource "aws_vpc_endpoint_policy" "vpce-0b0000000000000d1"')
    policy = document_in(remedies[0].command, "--policy-document")
    ec2.modify_vpc_endpoint(VpcEndpointId="vpce-0b0000000000000d1", PolicyDocument=policy)

    assert "arn:aws:s3:::aws-ssm-us-east-1/*" in policy
    after = _find_all(broken)["endpoint-policy"]
    assert {light_of(after, check) for check in (Check.ENDPOINT_POLICY, Check.LOG_ENDPOINT)} == {Light.GOOD}


def test_an_endpoint_that_lacks_the_log_bucket_alone_is_opened_for_that_alone(broken: Aws) -> None:
    write_logs_to("example-patch-logs")
    ec2 = broken.in_account("444455556666").client("ec2", "us-east-1")
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    ec2.modify_vpc_endpoint(VpcEndpointId="vpce-0b0000000000000d1", PolicyDocument=json.dumps({"Statement": [read]}))

    (remedy,) = remedies_for(_find_all(broken)["endpoint-policy"], Check.LOG_ENDPOINT)

    assert remedy.scope is None
    assert json.loads(document_in(remedy.command, "--policy-document"))["Statement"][0] == read
    assert "aws-quicksetup-patchpolicy" not in remedy.command


def test_a_role_is_opened_for_one_bucket_or_for_all(broken: Aws) -> None:
    one, every = remedies_for(_find_all(broken)["no-file"], Check.FILE_READ)

    assert (one.scope, every.scope) == (ONE_BUCKET, ALL_BUCKETS)
    assert "aws-quicksetup-patchpolicy-111122223333-brokn/*" in one.command
    assert "arn:aws:s3:::aws-quicksetup-patchpolicy-*" in every.command


def test_an_endpoint_that_keeps_awss_own_buckets_out_stops_every_run(broken: Aws) -> None:
    ec2 = broken.in_account("444455556666").client("ec2", "eu-west-1")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"}
    closed = json.dumps({"Statement": [statement]})
    ec2.modify_vpc_endpoint(VpcEndpointId="vpce-0b0000000000000d2", PolicyDocument=closed)

    found = _find_all(broken)["endpoint-region"]

    assert found.obstacle
    assert found.obstacle.check is Check.AWS_BUCKETS
    assert len(remedies_for(found, Check.AWS_BUCKETS)) == 2
