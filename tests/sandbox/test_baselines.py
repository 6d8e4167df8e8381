"""Patch baselines, their groups and defaults, and the patches that they speak of."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.node_access import is_managed
from sandbox.engine.patching import patch
from sandbox.engine.systems import SYSTEMS
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

WEEK = {"PatchFilterGroup": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]}, "ApproveAfterDays": 7}


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def make(ssm: Any, name: str = "mine", system: str = "UBUNTU", **facts: Any) -> str:
    return str(ssm.create_patch_baseline(Name=name, OperatingSystem=system, **facts)["BaselineId"])


def test_aws_has_a_default_for_each_system_of_its_table_and_two_more_for_windows(ssm: Any) -> None:
    told = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["AWS"]}])["BaselineIdentities"]
    defaults = [b for b in told if b["DefaultBaseline"]]
    assert (len(told), len(defaults), len({b["OperatingSystem"] for b in defaults})) == (14, 12, 12)


def test_a_token_makes_one_baseline_however_often_it_is_sent(ssm: Any) -> None:
    assert make(ssm, ClientToken="once") == make(ssm, ClientToken="once")
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        make(ssm, "other", ClientToken="once")


@pytest.mark.parametrize(
    "facts",
    [
        {"system": "AMAZON_LINUX_2023", "ApprovalRules": {"PatchRules": [{**WEEK, "ApproveUntilDate": "2026-01-01"}]}},
        {"system": "AMAZON_LINUX_2023", "ApprovalRules": {"PatchRules": [{k: WEEK[k] for k in ["PatchFilterGroup"]}]}},
        {"system": "UBUNTU", "GlobalFilters": {"PatchFilters": [{"Key": "MSRC_SEVERITY", "Values": ["*"]}]}},
        {"system": "UBUNTU", "AvailableSecurityUpdatesComplianceStatus": "COMPLIANT"},
    ],
    ids=["two ages", "no age", "a key of Windows", "a setting of Windows"],
)
def test_rules_that_the_system_does_not_have_are_refused(ssm: Any, facts: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        make(ssm, **facts)


def test_an_update_leaves_what_it_does_not_name_unless_it_replaces(ssm: Any) -> None:
    baseline_id = make(ssm, RejectedPatches=["vim*"], Description="first")
    kept = ssm.update_patch_baseline(BaselineId=baseline_id, Description="second")
    assert (kept["RejectedPatches"], kept["Description"]) == (["vim*"], "second")
    replaced = ssm.update_patch_baseline(BaselineId=baseline_id, Name="mine", Replace=True)
    assert (replaced["RejectedPatches"], replaced["Description"]) == ([], "")


def test_a_baseline_becomes_the_default_and_cannot_be_deleted_while_it_is(ssm: Any) -> None:
    baseline_id = make(ssm)
    ssm.register_default_patch_baseline(BaselineId=baseline_id)
    assert ssm.get_default_patch_baseline(OperatingSystem="UBUNTU")["BaselineId"] == baseline_id
    with pytest.raises(ClientError, match="ResourceInUseException"):
        ssm.delete_patch_baseline(BaselineId=baseline_id)


def test_a_patch_group_gives_its_nodes_its_baseline(ssm: Any, world: World) -> None:
    node = next(n for n in world.fleet.within(MEMBER, "us-east-1")
                if is_managed(world, n) and n.operating_system == "UBUNTU")  # fmt: skip
    node.tags["PatchGroup"] = "blue"
    baseline_id = make(ssm)
    ssm.register_patch_baseline_for_patch_group(BaselineId=baseline_id, PatchGroup="blue")
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        ssm.register_patch_baseline_for_patch_group(BaselineId=make(ssm, "second"), PatchGroup="blue")

    patch(world, node, {"Operation": ["Scan"]}, "command")

    (told,) = ssm.describe_instance_patch_states_for_patch_group(PatchGroup="blue")["InstancePatchStates"]
    assert (told["InstanceId"], told["BaselineId"], told["MissingCount"]) == (node.instance_id, baseline_id, 0)
    assert ssm.describe_patch_group_state(PatchGroup="blue")["Instances"] == 1
    assert ssm.get_patch_baseline(BaselineId=baseline_id)["PatchGroups"] == ["blue"]


def test_tags_of_a_baseline_come_and_go(ssm: Any) -> None:
    asked = {"ResourceType": "PatchBaseline", "ResourceId": make(ssm)}
    ssm.add_tags_to_resource(**asked, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(**asked, TagKeys=["a"])
    assert ssm.list_tags_for_resource(**asked)["TagList"] == [{"Key": "b", "Value": "2"}]


def test_a_baseline_of_a_group_is_deleted_only_after_the_group_gave_it_up(ssm: Any) -> None:
    baseline_id = make(ssm)
    ssm.register_patch_baseline_for_patch_group(BaselineId=baseline_id, PatchGroup="blue")
    (mapping,) = ssm.describe_patch_groups()["Mappings"]
    assert mapping["BaselineIdentity"]["BaselineId"] == baseline_id
    with pytest.raises(ClientError, match="ResourceInUseException"):
        ssm.delete_patch_baseline(BaselineId=baseline_id)
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=baseline_id, PatchGroup="blue")
    ssm.delete_patch_baseline(BaselineId=baseline_id)
    ssm.delete_patch_baseline(BaselineId=baseline_id)
    fallback = ssm.get_patch_baseline_for_patch_group(PatchGroup="blue", OperatingSystem="UBUNTU")
    assert fallback["BaselineId"] == ssm.get_default_patch_baseline(OperatingSystem="UBUNTU")["BaselineId"]


def test_there_are_at_most_fifty_baselines(ssm: Any) -> None:
    for number in range(50):
        make(ssm, f"baseline-{number}")
    with pytest.raises(ClientError, match="ResourceLimitExceededException"):
        make(ssm, "one-too-many")


def test_the_baselines_of_aws_are_nobody_s_to_change(ssm: Any) -> None:
    baseline_id = ssm.get_default_patch_baseline(OperatingSystem="UBUNTU")["BaselineId"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ssm.update_patch_baseline(BaselineId=baseline_id, Description="mine now")


def test_another_account_does_not_know_the_baseline(ssm: Any, client: Connect) -> None:
    with pytest.raises(ClientError, match="DoesNotExistException"):
        client("ssm", MANAGEMENT).get_patch_baseline(BaselineId=make(ssm))


def test_linux_patches_are_found_by_their_product_alone(ssm: Any) -> None:
    def titles(*filters: tuple[str, str]) -> list[dict[str, Any]]:
        asked = [{"Key": key, "Values": [value]} for key, value in filters]
        pages = ssm.get_paginator("describe_available_patches").paginate(Filters=asked)
        return [patch for page in pages for patch in page["Patches"]]

    assert all(p["KbNumber"] for p in titles())
    assert {p["Product"] for p in titles(("PRODUCT", "Ubuntu24.04"))} == {"Ubuntu24.04"}
    assert {p["MsrcSeverity"] for p in titles(("MSRC_SEVERITY", "Critical"))} == {"Critical"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_filters_may_ask_is_told_of_every_system(ssm: Any, system: str) -> None:
    products = ssm.describe_patch_properties(OperatingSystem=system, Property="PRODUCT")["Properties"]
    assert SYSTEMS[system].product in [p["PRODUCT"] for p in products]
    wrong = "PRIORITY" if system not in ("UBUNTU", "DEBIAN", "RASPBIAN") else "SEVERITY"
    with pytest.raises(ClientError, match="ValidationException"):
        ssm.describe_patch_properties(OperatingSystem=system, Property=wrong)


def test_what_a_windows_baseline_says_of_each_patch(ssm: Any) -> None:
    baseline_id = make(ssm, system="WINDOWS", ApprovalRules={"PatchRules": [{**WEEK, "ApproveAfterDays": 360}]},
                       RejectedPatches=["KB9*9"])  # fmt: skip
    pages = ssm.get_paginator("describe_effective_patches_for_patch_baseline").paginate(BaselineId=baseline_id)
    told = {p["PatchStatus"]["DeploymentStatus"] for page in pages for p in page["EffectivePatches"]}
    assert told == {"PENDING_APPROVAL", "EXPLICIT_REJECTED"}
    with pytest.raises(ClientError, match="UnsupportedOperatingSystem"):
        ssm.describe_effective_patches_for_patch_baseline(BaselineId=make(ssm))
