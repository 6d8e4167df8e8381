"""What the portal keeps of AWS is what AWS says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from policies.aws.connect import Aws
from policies.aws.errors import AmbiguousProblem
from policies.domain.status import Findings, PolicyStatus, ShardStatus
from policies.models import (
    Account,
    AssociationState,
    Node,
    NodeCompliance,
    NodePolicy,
    OrganizationalUnit,
    Policy,
    Shard,
)
from policies.observe.collect import collect_organization, collect_shard
from policies.observe.reading import Known, ShardFacts, read_shard
from policies.observe.reports import count_policies
from policies.observe.tallies import count_nodes
from sandbox.engine.patching import is_managed
from sandbox.engine.world import World
from tests.observe.reading import NOW, collect, make_policy, scan
from tests.worlds import BEGIN, MANAGEMENT, MEMBER

pytestmark = pytest.mark.django_db


def test_every_account_and_enabled_region_becomes_a_shard(aws: Aws) -> None:
    collect_organization(aws, NOW)
    assert Account.objects.count() == 7
    assert Account.objects.get(is_management=True).account_id == MANAGEMENT
    assert Shard.objects.count() == 7 * 3


def test_a_region_that_is_switched_off_is_read_on_where_it_has_nodes(aws: Aws, world: World) -> None:
    """Other accounts may have it on; where AWS refuses, the shard says that its rows are old."""
    collect(aws)
    world.organization.regions = world.organization.regions[:1]
    wanted = Shard.objects.filter(Q(region__in=world.organization.regions) | Q(nodes__isnull=False)).distinct()
    assert set(collect_organization(aws, NOW)) == set(wanted.values_list("pk", flat=True))
    assert {shard.region for shard in wanted} > set(world.organization.regions)


def test_units_are_called_as_they_are_called_now(aws: Aws) -> None:
    """With those above them but for the root, which is of every path; one that is gone is forgotten."""
    organizations = aws.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = [organizations.create_organizational_unit(ParentId=root, Name=name) for name in ("Old", "Gone")]
    old, gone = (unit["OrganizationalUnit"]["Id"] for unit in made)
    inside = organizations.create_organizational_unit(ParentId=old, Name="Inside")["OrganizationalUnit"]["Id"]
    collect_organization(aws, NOW)
    assert OrganizationalUnit.objects.labels()[gone] == "Gone"

    organizations.update_organizational_unit(OrganizationalUnitId=old, Name="New")
    organizations.delete_organizational_unit(OrganizationalUnitId=gone)
    collect_organization(aws, NOW)

    labels = OrganizationalUnit.objects.labels()
    assert (labels[root], labels[old], labels[inside], gone in labels) == ("Root", "New", "New / Inside", False)


def test_the_nodes_are_those_that_systems_manager_manages(aws: Aws, world: World) -> None:
    collect(aws)
    managed = {n.instance_id for n in world.fleet.nodes.values() if is_managed(world, n)}
    assert set(Node.objects.values_list("instance_id", flat=True)) == managed
    assert Node.objects.filter(operating_system="").count() == 0
    assert set(Shard.objects.values_list("status", flat=True)) == {ShardStatus.FRESH}


def test_a_node_without_a_report_was_never_scanned(aws: Aws) -> None:
    collect(aws)
    assert set(NodeCompliance.objects.values_list("findings", flat=True)) == {Findings.NEVER_SCANNED}


def test_a_scan_tells_policy_status_and_findings_apart(aws: Aws, world: World) -> None:
    make_policy()
    scan(world, aws)
    collect(aws)

    assert set(NodePolicy.objects.values_list("status", flat=True)) == {PolicyStatus.COMPLIANT}
    missing = {i for i, report in world.fleet.reports.items() if report.missing}
    found = NodeCompliance.objects.filter(findings=Findings.MISSING).values_list("node__instance_id", flat=True)
    assert set(found) == missing
    assert missing


def test_an_association_of_another_configuration_is_not_ours(aws: Aws, world: World) -> None:
    scan(world, aws)
    collect(aws)
    assert not AssociationState.objects.exists()
    assert not NodePolicy.objects.exists()


def test_a_failed_run_makes_the_node_non_compliant_and_keeps_its_exit_code(aws: Aws, world: World) -> None:
    make_policy()
    ssm = aws.in_account(MEMBER).client("ssm")
    ssm.create_association(
        Name="AWS-RunPatchBaseline", AssociationName="AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-abcde",
        Targets=[{"Key": "InstanceIds", "Values": ["*"]}], MaxErrors="100%",
        Parameters={"Operation": ["Scan"], "BaselineOverride": ["s3://no-such-bucket/baseline_overrides.json"]},
    )  # fmt: skip
    world.clock.advance(timedelta(minutes=30))
    collect(aws)
    assert set(NodePolicy.objects.values_list("status", "exit_code")) == {(PolicyStatus.NON_COMPLIANT, 162)}


def test_a_second_reading_of_the_same_world_writes_no_row_of_a_node(
    aws: Aws, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_policy()
    scan(world, aws)
    collect(aws)
    before = list(NodeCompliance.objects.values_list("pk", "scanned_at"))
    shard = Shard.objects.get(account_id=MEMBER, region="us-east-1")
    with django_assert_max_num_queries(20):
        collect_shard(shard.pk, aws, NOW)
    assert list(NodeCompliance.objects.values_list("pk", "scanned_at")) == before


def test_a_node_that_vanishes_is_kept_as_gone_and_may_come_back(aws: Aws, world: World) -> None:
    collect(aws)
    node = Node.objects.filter(shard__account_id=MEMBER).first()
    assert node is not None
    world.fleet.set_state(node.instance_id, "stopped", world.now())
    collect(aws)
    node.refresh_from_db()
    assert node.gone_at is not None

    world.fleet.set_state(node.instance_id, "running", world.now())
    collect(aws)
    node.refresh_from_db()
    assert node.gone_at is None


def test_nodes_that_are_gone_cost_a_reading_nothing(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where instances come and go all day, thousands stay as gone for each that is there."""
    collect(aws)
    shard = Shard.objects.get(account_id=MEMBER, region="us-east-1")
    shard.nodes.filter(pk=shard.nodes.latest("pk").pk).update(instance_id="i-gone", gone_at=NOW)
    loaded: list[str] = []
    from_db = Node.from_db.__func__  # type: ignore[attr-defined]

    def count(cls: type[Node], db: str, names: list[str], values: list[Any]) -> Node:
        node: Node = from_db(cls, db, names, values)
        loaded.append(node.instance_id)
        return node

    monkeypatch.setattr(Node, "from_db", classmethod(count))

    collect_shard(shard.pk, aws, NOW)

    assert loaded
    assert "i-gone" not in loaded


def test_a_shard_that_cannot_be_read_keeps_its_rows_and_says_why(aws: Aws, world: World) -> None:
    collect(aws)
    nodes = Node.objects.count()
    del world.account(MEMBER).roles["PatchPortal-ReadOnly"]
    aws._members.clear()
    collect(aws)

    stale = Shard.objects.filter(account_id=MEMBER)
    assert set(stale.values_list("status", "error_code")) == {(ShardStatus.FAILED, "AccessDenied")}
    assert stale.exclude(collected_at=NOW).count() == 0
    assert Node.objects.count() == nodes


def test_a_shard_is_read_by_one_worker_at_a_time(aws: Aws) -> None:
    shard_id = collect_organization(aws, NOW)[0]
    Shard.objects.filter(pk=shard_id).update(claimed_at=NOW - timedelta(minutes=1))
    assert not collect_shard(shard_id, aws, NOW)
    Shard.objects.filter(pk=shard_id).update(claimed_at=NOW - timedelta(minutes=11))
    assert collect_shard(shard_id, aws, NOW)
    assert not collect_shard(10**9, aws, NOW)


@pytest.mark.parametrize("fails", [False, True])
def test_a_reading_that_was_taken_over_while_it_was_slow_writes_nothing(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    shard_id = next(iter(collect_organization(aws, NOW)))
    later = NOW + timedelta(minutes=11)

    def read_slowly(*_: object) -> ShardFacts:
        monkeypatch.undo()
        facts = read_shard(aws, "us-east-1", Known(), ())
        assert collect_shard(shard_id, aws, later)
        if fails:
            raise AmbiguousProblem("ssm:ListAssociations", "ReadTimeoutError", "no answer")
        return facts

    monkeypatch.setattr("policies.observe.collect.read_shard", read_slowly)

    assert not collect_shard(shard_id, aws, NOW)

    shard = Shard.objects.get(pk=shard_id)
    assert (shard.status, shard.collected_at, shard.readings) == (ShardStatus.FRESH, later, 1)


def test_a_policy_that_is_deleted_while_its_associations_are_read_does_no_harm(
    aws: Aws, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make_policy()
    scan(world, aws)
    collect_organization(aws, NOW)
    shard = Shard.objects.get(account_id=MEMBER, region="us-east-1")

    def read_then_delete(*args: Any) -> ShardFacts:
        facts = read_shard(*args)
        Policy.objects.filter(pk=policy.pk).update(deleted_at=NOW)
        return facts

    monkeypatch.setattr("policies.observe.collect.read_shard", read_then_delete)
    assert collect_shard(shard.pk, aws, NOW)
    assert collect_shard(shard.pk, aws, NOW)

    shard.refresh_from_db()
    assert shard.status == ShardStatus.FRESH
    assert not AssociationState.objects.exists()


def test_an_account_that_left_is_inactive_and_its_shards_are_not_read(aws: Aws, world: World) -> None:
    collect_organization(aws, NOW)
    del world.organization.accounts[MEMBER]
    assert len(collect_organization(aws, NOW)) == 6 * 3
    assert not Account.objects.get(pk=MEMBER).is_active


def test_moments_of_nodes_are_of_aws_s_clock(aws: Aws, world: World) -> None:
    world.clock.advance(timedelta(days=40))
    collect(aws)
    observed = Shard.objects.exclude(observed_at=None).latest("observed_at").observed_at
    assert observed is not None
    assert observed >= BEGIN + timedelta(days=39)


def test_a_policy_counts_no_node_of_an_account_that_left(aws: Aws, world: World) -> None:
    policy = make_policy()
    scan(world, aws)
    collect(aws)
    assert count_policies([policy])[policy.pk].node_total > 0

    del world.organization.accounts[MEMBER]
    collect_organization(aws, NOW)

    assert count_policies([policy])[policy.pk].node_total == 0
    assert count_nodes(Node.objects.living(), NOW, "abcde").compliant == 0


def test_what_a_node_says_of_itself_is_fitted_to_its_columns(aws: Aws, world: World) -> None:
    make_policy()
    scan(world, aws)
    world.tick()
    node = next(n for n in world.fleet.within(MEMBER, "us-east-1") if n.instance_id in world.fleet.reports)
    node.tags["Name"] = "web\0" + "x" * 300
    world.fleet.reports[node.instance_id] = replace(
        world.fleet.reports[node.instance_id], patch_group="\0group", install_override_list="s3://" + "y" * 300
    )

    collect(aws)

    row = Node.objects.select_related("compliance__scan").get(instance_id=node.instance_id)
    assert row.name == ("web" + "x" * 300)[:256]
    result = row.compliance.scan
    assert result is not None
    assert (result.patch_group, len(result.install_list)) == ("group", 256)
    seen_at = row.seen_at
    world.clock.advance(timedelta(minutes=5))
    collect(aws)
    row.refresh_from_db()
    assert row.seen_at == seen_at


def test_a_fault_of_the_portal_makes_the_shard_stale_too(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    shard_id = collect_organization(aws, NOW)[0]

    def stumble(*_: object) -> ShardFacts:
        raise KeyError("Nodes")

    monkeypatch.setattr("policies.observe.collect.read_shard", stumble)

    with pytest.raises(KeyError):
        collect_shard(shard_id, aws, NOW)

    shard = Shard.objects.get(pk=shard_id)
    assert (shard.status, shard.error_code, shard.claimed_at) == (ShardStatus.FAILED, "PortalFault", None)
    assert "fault of the portal" in str(shard.remedy)
