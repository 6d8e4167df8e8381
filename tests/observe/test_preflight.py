"""The pre-flight finds each failure of the broken world, and each exactly once."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client
from django.urls import reverse

from policies.aws import connect
from policies.aws.connect import Aws
from policies.domain.preflight import Check, Light
from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.models import Policy, Shard
from policies.observe.collect import collect_organization
from policies.observe.preflight import Preflight, read_preflight
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, stock
from tests.observe.test_collect import NOW, make_policy
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
WITH_REMEDY = {
    Check.ROLE, Check.CORE_POLICY, Check.AGENT, Check.ROLE_TAG, Check.FILE_READ, Check.BUCKET_POLICY,
    Check.ENDPOINT_POLICY,
}  # fmt: skip


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
    targets = Targets(AccountScope.UNITS, ("us-east-1", "eu-west-1"), NodeScope.ALL, unit_ids=("ou-brok-work0001",))
    Policy.objects.filter(pk=policy.pk).update(spec=some_spec(targets=targets).to_dict())
    return aws


def _shard(account_id: str, region: str) -> Shard:
    return Shard.objects.select_related("account").get(account_id=account_id, region=region)


def _find_all(aws: Aws) -> dict[str, Preflight]:
    policy = Policy.objects.get()
    told = [one for place in PLACES for one in read_preflight(policy, _shard(*place), aws)]
    return {one.node.name: one for one in told}


def test_each_failure_is_found_once_and_stops_its_node(broken: Aws) -> None:
    found = _find_all(broken)

    assert {name: one.obstacle.check if one.obstacle else None for name, one in found.items()} == OBSTACLES
    assert set(Counter(check for check in OBSTACLES.values() if check).values()) == {1}
    assert {check for check in OBSTACLES.values() if check} == set(Check)


def test_what_can_be_deployed_against_a_failure_is_there_in_three_languages(broken: Aws) -> None:
    for one in _find_all(broken).values():
        for advice in one.advice:
            has_remedy = advice.outcome.light is not Light.GOOD and advice.outcome.check in WITH_REMEDY
            assert bool(advice.remedy) == has_remedy
            if advice.remedy:
                assert advice.remedy.command.startswith("aws ")
                assert '"Resources"' in advice.remedy.cloudformation
                assert advice.remedy.terraform.startswith('resource "aws_')


def test_the_commands_that_are_shown_put_it_right(broken: Aws) -> None:
    """No-tag and no-file as their remedies say; then the run would read the file."""
    iam = broken.in_account("222233334444").client("iam")
    before = _find_all(broken)
    tag = next(a.remedy for a in before["no-tag"].advice if a.outcome.check is Check.ROLE_TAG)
    assert tag is not None
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


def test_one_node_is_checked_alone(broken: Aws) -> None:
    shard = _shard("222233334444", "us-east-1")

    told = read_preflight(Policy.objects.get(), shard, broken, "i-0b0000000000000a3")

    assert [one.node.name for one in told] == ["no-tag"]
