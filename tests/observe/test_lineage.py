"""A baseline is found by name and id as long as anything that it judged is kept, whoever chooses it now."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from policies.domain.scanners import ScannerKind
from policies.domain.search import read_search
from policies.domain.spec import BaselineChoice
from policies.models import Account, Node, NodeCompliance, OverrideVersion, Policy, Scan, Shard
from policies.observe.lineage import Lineage, Use
from policies.observe.search import find
from tests.observe.reading import NOW, make_policy

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OLD = BaselineChoice("UBUNTU", "pb-0123456789abcdef0", "夜間のUbuntuの規則", True)
NEW = BaselineChoice("UBUNTU", "pb-0fedcba9876543210", "Ubuntu by day", True)
AWS_OWN = "arn:aws:ssm:us-east-1:075727635805:patchbaseline/pb-0aaaabbbbccccdddd"


def choose(policy: Policy, *choices: BaselineChoice) -> None:
    Policy.objects.filter(pk=policy.pk).update(spec=replace(policy.asked, baselines=choices).to_dict())


def write(policy: Policy, choice: BaselineChoice, days: int) -> OverrideVersion:
    """A version of the file that went live so many days after NOW."""
    at = NOW + days * DAY
    return OverrideVersion.objects.create(
        policy=policy, body="[]", digest=f"{days:012}", object_version=str(days), cause="sync", written_at=at,
        live_at=at, baselines=[asdict(choice)],
    )  # fmt: skip


def result(node: Node, source: str, scanner: str, at: datetime) -> None:
    """The newest of the node, by AWS's own baseline."""
    scan = Scan.objects.create(
        node=node, source=source, scanner=scanner, baseline_id=AWS_OWN, findings="missing", started_at=at, ended_at=at,
        seen_at=at,
    )  # fmt: skip
    NodeCompliance.objects.create(node=node, findings="missing", baseline_id=AWS_OWN, scan=scan, scanned_at=at)


def only(text: str) -> Lineage:
    [lineage] = find(read_search(text)).baselines
    return lineage


@pytest.fixture
def policy() -> Policy:
    """It was made from one baseline, for two versions of its file; then from another, and for a day from the first."""
    policy = make_policy()
    choose(policy, NEW)
    for days, choice in enumerate([OLD, OLD, NEW, OLD, NEW]):
        write(policy, choice, days)
    return policy


@pytest.mark.parametrize("text", [OLD.baseline_id, OLD.baseline_id[:9], OLD.name, "ubuntuの", "Ｕｂｕｎｔｕの"])
def test_a_baseline_of_the_past_leads_to_the_files_that_were_made_from_it(policy: Policy, text: str) -> None:
    lineage = only(text)

    assert (lineage.choice, lineage.policies) == (OLD, ())
    told = [(stay.versions, stay.newest.digest, stay.since - NOW, stay.until) for stay in lineage.stays]
    assert told == [(2, f"{1:012}", 0 * DAY, NOW + 2 * DAY), (1, f"{3:012}", 3 * DAY, NOW + 4 * DAY)]


def test_what_is_in_force_has_no_end_until_its_policy_is_deleted(policy: Policy, as_viewer: Client) -> None:
    [_, stay] = only(NEW.name).stays
    assert (stay.since, stay.until) == (NOW + 4 * DAY, None)
    Policy.objects.update(deleted_at=NOW + 9 * DAY)

    lineage = only(NEW.name)

    assert lineage.policies == ()
    assert lineage.stays[-1].until == NOW + 9 * DAY
    told = as_viewer.get(reverse("search"), {"q": NEW.name}).content.decode()
    for said in ("No policy", "Deleted", reverse("policy_version", args=["abcde", stay.newest.pk]), "2026-12-02"):
        assert said in told


def test_a_baseline_that_only_other_scanners_use_is_told_with_them(as_viewer: Client) -> None:
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    shard = Shard.objects.create(account=account, region="us-east-1")
    nodes = [Node.objects.create(shard=shard, instance_id=f"i-{n}", seen_at=NOW) for n in range(4)]
    result(nodes[0], ScannerKind.COMMAND, "", NOW)
    for node in nodes[1:]:
        result(node, ScannerKind.HOST_MANAGEMENT, "<daily>", NOW + DAY)
    nodes[3].gone_at = NOW
    nodes[3].save()
    left = Account.objects.create(account_id="666677778888", name="Left", seen_at=NOW, is_active=False)
    elsewhere = Shard.objects.create(account=left, region="us-east-1")
    result(Node.objects.create(shard=elsewhere, instance_id="i-4", seen_at=NOW), ScannerKind.COMMAND, "", NOW)

    lineage = only(AWS_OWN[-20:])

    assert (lineage.choice, lineage.policies, lineage.stays) == (None, (), ())
    assert lineage.uses == (
        Use(ScannerKind.HOST_MANAGEMENT, "<daily>", 2, NOW + DAY), Use(ScannerKind.COMMAND, "", 1, NOW)
    )  # fmt: skip
    told = as_viewer.get(reverse("search"), {"q": AWS_OWN}).content.decode()
    assert "&lt;daily&gt;" in told
    assert "scanner=host-management%3A%3Cdaily%3E" in told
