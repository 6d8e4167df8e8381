"""Compliance as Systems Manager tells it: the counts are those of the patches, and of what was put beside them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed
from sandbox.engine.patching import patch
from sandbox.engine.world import World
from tests.sandbox.conftest import BEGIN, MEMBER, Connect

BAD = {"Missing", "Failed", "InstalledRejected", "InstalledPendingReboot"}


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


@pytest.fixture
def nodes(world: World) -> list[Node]:
    """The member account's managed nodes, each scanned by its default baseline."""
    found = [n for n in world.fleet.within(MEMBER, "us-east-1") if is_managed(world, n)]
    for node in found:
        patch(world, node, {"Operation": ["Scan"]}, "command")
    return found


def patches(ssm: Any, node: Node, **asked: Any) -> list[dict[str, Any]]:
    pages = ssm.get_paginator("describe_instance_patches").paginate(
        InstanceId=node.instance_id, PaginationConfig={"PageSize": 10}, **asked
    )
    return [patch for page in pages for patch in page["Patches"]]


def items(ssm: Any, node: Node, *filters: dict[str, Any]) -> list[dict[str, Any]]:
    pages = ssm.get_paginator("list_compliance_items").paginate(
        ResourceIds=[node.instance_id], ResourceTypes=["ManagedInstance"], Filters=list(filters)
    )
    return [item for page in pages for item in page["ComplianceItems"]]


def summaries(ssm: Any, *filters: dict[str, Any]) -> list[dict[str, Any]]:
    pages = ssm.get_paginator("list_resource_compliance_summaries").paginate(Filters=list(filters))
    return [item for page in pages for item in page["ResourceComplianceSummaryItems"]]


def only(key: str, *values: str, kind: str = "EQUAL") -> dict[str, Any]:
    return {"Key": key, "Values": list(values), "Type": kind}


def test_the_counts_of_a_node_are_those_of_its_patches(ssm: Any, nodes: list[Node]) -> None:
    for node in nodes:
        (state,) = ssm.describe_instance_patch_states(InstanceIds=[node.instance_id])["InstancePatchStates"]
        counted = Counter(p["State"] for p in patches(ssm, node))
        assert {name: state[f"{name}Count"] for name in ("Installed", "InstalledOther", "Missing", "Failed")} == {
            name: counted[name] for name in ("Installed", "InstalledOther", "Missing", "Failed")
        }
        wrong = sum(state[f"{kind}NonCompliantCount"] for kind in ("Critical", "Security", "Other"))
        assert wrong == sum(counted[name] for name in BAD)


def test_only_what_is_missing_or_failed_tells_its_cves(ssm: Any, nodes: list[Node]) -> None:
    told = [p for node in nodes for p in patches(ssm, node)]
    assert {p["State"] for p in told if "CVEIds" in p} == {"Missing"}
    assert all(p["InstalledTime"].year == 1970 for p in told if p["State"] == "Missing")


def test_patches_are_filtered_by_what_they_are(ssm: Any, nodes: list[Node]) -> None:
    node = next(n for n in nodes if any(p["State"] == "Missing" for p in patches(ssm, n)))
    missing = patches(ssm, node, Filters=[{"Key": "State", "Values": ["Missing"]}])
    assert missing == [p for p in patches(ssm, node) if p["State"] == "Missing"]
    with pytest.raises(ClientError, match="InvalidFilter"):
        patches(ssm, node, Filters=[{"Key": "Colour", "Values": ["red"]}])


def test_items_and_their_summary_count_the_same_by_level(ssm: Any, nodes: list[Node]) -> None:
    for summary in summaries(ssm, only("ComplianceType", "Patch")):
        node = next(n for n in nodes if n.instance_id == summary["ResourceId"])
        told = Counter((i["Status"], i["Severity"].capitalize()) for i in items(ssm, node))
        for status, name in (("COMPLIANT", "CompliantSummary"), ("NON_COMPLIANT", "NonCompliantSummary")):
            shown = {k.removesuffix("Count"): v for k, v in summary[name]["SeveritySummary"].items() if v}
            assert shown == {level: count for (kind, level), count in told.items() if kind == status}


def test_summaries_are_filtered_as_the_operators_say(ssm: Any, nodes: list[Node]) -> None:
    everything = summaries(ssm)
    good = summaries(ssm, only("Status", "COMPLIANT"))
    bad = summaries(ssm, only("Status", "COMPLIANT", kind="NOT_EQUAL"))
    assert len(good) + len(bad) == len(everything) == len(nodes)
    assert bad
    assert len(summaries(ssm, only("ResourceId", "mi-", kind="BEGIN_WITH"))) == sum(n.is_hybrid for n in nodes)
    with pytest.raises(ClientError, match="InvalidFilter"):
        summaries(ssm, only("Colour", "red"))


def test_the_summary_of_the_account_counts_each_node_once(ssm: Any, nodes: list[Node]) -> None:
    (told,) = ssm.list_compliance_summaries(Filters=[only("ComplianceType", "Patch")])["ComplianceSummaryItems"]
    counted = told["CompliantSummary"]["CompliantCount"] + told["NonCompliantSummary"]["NonCompliantCount"]
    assert counted == len(nodes)


def test_an_association_is_an_item_and_manual_ones_are_not(ssm: Any, world: World, nodes: list[Node]) -> None:
    world.clock.advance(timedelta(minutes=10))
    for name, sync in (("scan-auto", "AUTO"), ("scan-manual", "MANUAL")):
        ssm.create_association(
            Name="AWS-RunPatchBaseline", AssociationName=name, SyncCompliance=sync, ComplianceSeverity="HIGH",
            Targets=[{"Key": "InstanceIds", "Values": [nodes[0].instance_id]}], Parameters={"Operation": ["Scan"]},
        )  # fmt: skip
        world.clock.advance(timedelta(minutes=30))
    told = items(ssm, nodes[0], only("ComplianceType", "Association"))
    assert [(i["Title"], i["Status"], i["Severity"]) for i in told] == [("scan-auto", "COMPLIANT", "HIGH")]


def test_custom_items_are_put_added_to_and_replaced(ssm: Any, nodes: list[Node]) -> None:
    def put(*ids: str, upload: str = "COMPLETE") -> list[str]:
        ssm.put_compliance_items(
            ResourceId=nodes[0].instance_id, ResourceType="ManagedInstance", ComplianceType="Custom:Policy",
            ExecutionSummary={"ExecutionTime": BEGIN}, UploadType=upload,
            Items=[{"Id": i, "Severity": "HIGH", "Status": "NON_COMPLIANT"} for i in ids],
        )  # fmt: skip
        return [i["Id"] for i in items(ssm, nodes[0], only("ComplianceType", "Custom:Policy"))]

    assert put("a") == ["a"]
    assert put("b", upload="PARTIAL") == ["a", "b"]
    assert put("c") == ["c"]
    (told,) = summaries(ssm, only("ComplianceType", "Custom:Policy"))
    assert (told["Status"], told["OverallSeverity"]) == ("NON_COMPLIANT", "HIGH")


def test_nothing_put_under_a_hash_says_that_nothing_has_changed(ssm: Any, nodes: list[Node]) -> None:
    asked = {"ResourceId": nodes[0].instance_id, "ResourceType": "ManagedInstance", "ComplianceType": "Custom:Policy",
             "ExecutionSummary": {"ExecutionTime": BEGIN}}  # fmt: skip
    ssm.put_compliance_items(**asked, Items=[{"Id": "a", "Severity": "LOW", "Status": "COMPLIANT"}])
    ssm.put_compliance_items(**asked, Items=[], ItemContentHash="the same")
    assert [i["Id"] for i in items(ssm, nodes[0], only("ComplianceType", "Custom:Policy"))] == ["a"]


def test_an_outsider_sees_and_puts_nothing(client: Connect, nodes: list[Node]) -> None:
    other = client("ssm", "666677778888")
    with pytest.raises(ClientError, match="InvalidInstanceId"):
        patches(other, nodes[0])
    with pytest.raises(ClientError, match="InvalidResourceId"):
        items(other, nodes[0])
    assert other.describe_instance_patch_states(InstanceIds=[nodes[0].instance_id])["InstancePatchStates"] == []


@pytest.mark.parametrize(("setting", "status"), [("NON_COMPLIANT", "NON_COMPLIANT"), ("COMPLIANT", "COMPLIANT")])
def test_an_update_that_is_only_available_counts_as_the_windows_baseline_says(
    ssm: Any, world: World, nodes: list[Node], setting: str, status: str
) -> None:
    node = next(n for n in nodes if n.operating_system == "WINDOWS")
    made = ssm.create_patch_baseline(Name="slow", AvailableSecurityUpdatesComplianceStatus=setting)
    ssm.register_default_patch_baseline(BaselineId=made["BaselineId"])
    world.clock.advance(timedelta(minutes=10))
    patch(world, node, {"Operation": ["Scan"]}, "command")

    (state,) = ssm.describe_instance_patch_states(InstanceIds=[node.instance_id])["InstancePatchStates"]
    (told,) = summaries(ssm, only("ComplianceType", "Patch"), only("ResourceId", node.instance_id))
    assert state["AvailableSecurityUpdateCount"] > 0
    assert (state["MissingCount"], told["Status"]) == (0, status)
