"""One node runs AWS-RunPatchBaseline: what it finds, installs and tells, and each way that a run ends badly."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sandbox.engine.endpoints import Endpoint
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed
from sandbox.engine.patching import NO_EXECUTION, NodeFailed, Report, patch, tell_run
from sandbox.engine.reports import PatchState
from sandbox.engine.systems import SYSTEMS
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

BUCKET = f"aws-quicksetup-patchpolicy-{MANAGEMENT}-abcde"
FILE = "baseline_overrides.json"
PLACE = f"s3://{BUCKET}/{FILE}"
APPROVE_ALL = {"PatchFilterGroup": {"PatchFilters": [{"Key": "PRODUCT", "Values": ["*"]}]},
               "ComplianceLevel": "CRITICAL", "ApproveAfterDays": 0, "EnableNonSecurity": True}  # fmt: skip
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def override(system: str, **facts: Any) -> dict[str, Any]:
    return {"OperatingSystem": system, "ApprovalRules": {"PatchRules": [APPROVE_ALL]}, **facts}


@pytest.fixture
def node(world: World, client: Connect) -> Node:
    """A node of a member account in the bucket's Region, whose role may read the policy's file."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-demoorg001"}}}  # fmt: skip
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everyone]}))
    found = next(n for n in world.fleet.within(MEMBER, "us-east-1")
                 if is_managed(world, n) and not n.is_hybrid and not n.trouble
                 and n.operating_system == "REDHAT_ENTERPRISE_LINUX")  # fmt: skip
    world.account(MEMBER).roles["app-server"].inline["read"] = READ
    put(client, [override(system) for system in SYSTEMS])
    return found


def put(client: Connect, content: object) -> None:
    client("s3").put_object(Bucket=BUCKET, Key=FILE, Body=content if isinstance(content, str) else json.dumps(content))


def run(world: World, node: Node, operation: str = "Scan", **parameters: str) -> Report:
    """A run some minutes after whatever was before."""
    world.clock.advance(timedelta(minutes=10))
    given = {"Operation": [operation], **{name: [value] for name, value in parameters.items()}}
    return patch(world, node, given, "command")


def by_policy(world: World, node: Node, operation: str = "Scan", **parameters: str) -> Report:
    return run(world, node, operation, BaselineOverride=PLACE, AssociationId="association", **parameters)


def exit_code(world: World, node: Node, operation: str = "Scan", **parameters: str) -> int:
    with pytest.raises(NodeFailed) as failed:
        run(world, node, operation, **parameters)
    return failed.value.exit_code


def test_what_is_installed_is_no_longer_missing_and_tells_so(world: World, node: Node) -> None:
    before = by_policy(world, node)
    after = by_policy(world, node, "Install")
    assert before.missing
    assert (after.missing, after.failed, after.pending_reboot) == ((), (), ())
    assert after.installed > 0


def test_installing_twice_changes_nothing_more(world: World, node: Node) -> None:
    by_policy(world, node, "Install")
    installed = dict(node.installed)
    by_policy(world, node, "Install")
    assert node.installed == installed


def test_an_older_version_of_a_package_is_never_missing_beside_a_newer_one(world: World, node: Node) -> None:
    report = by_policy(world, node)
    names = [patch_id.split(".")[0] for patch_id in report.missing]
    assert len(names) == len(set(names))


def test_without_a_reboot_patches_wait_until_the_node_reboots_and_is_scanned(
    world: World, node: Node, client: Connect
) -> None:
    installed = by_policy(world, node, "Install", RebootOption="NoReboot")
    assert installed.pending_reboot
    assert installed.last_no_reboot_at == installed.ended_at

    client("ec2", MEMBER).reboot_instances(InstanceIds=[node.instance_id])
    assert world.fleet.reports[node.instance_id].pending_reboot == installed.pending_reboot
    assert by_policy(world, node).pending_reboot == ()


def test_a_node_is_away_while_it_reboots(world: World, node: Node) -> None:
    by_policy(world, node, "Install")
    assert (node.is_reachable(world.now()), node.ping_at(world.now())) == (False, "ConnectionLost")
    world.clock.advance(timedelta(minutes=3))
    assert node.is_reachable(world.now())


def test_a_package_that_will_not_install_stays_failed_and_ends_the_run_with_1(world: World, node: Node) -> None:
    name = by_policy(world, node).missing[0].split(".")[0]
    node.unpatchable = (name,)
    assert exit_code(world, node, "Install", BaselineOverride=PLACE, AssociationId="association") == 1
    report = by_policy(world, node)
    assert [patch_id.split(".")[0] for patch_id in report.failed] == [name]
    assert report.missing == ()


@pytest.mark.parametrize(("action", "state"), [("BLOCK", "InstalledRejected"), ("ALLOW_AS_DEPENDENCY", "")])
def test_an_installed_patch_that_is_rejected_counts_by_the_action(
    world: World, node: Node, client: Connect, action: str, state: str
) -> None:
    by_policy(world, node, "Install")
    name = max(node.installed, key=lambda patch_id: node.installed[patch_id])
    put(client, [override(node.operating_system, RejectedPatches=[name], RejectedPatchesAction=action)])
    report = by_policy(world, node)
    assert {str(finding.state) for finding in report.findings} == ({state} if state else set())


def test_under_a_policy_the_baseline_is_new_each_time_and_nobody_knows_it(
    world: World, node: Node, client: Connect
) -> None:
    first, second = by_policy(world, node), by_policy(world, node)
    assert (first.execution_type, first.patch_group) == ("PatchPolicy", "")
    assert first.baseline_id != second.baseline_id
    assert world.baselines.find(MEMBER, "us-east-1", first.baseline_id) is None


def test_a_run_without_an_override_is_a_command_with_a_baseline_that_can_be_looked_up(world: World, node: Node) -> None:
    node.tags["Patch Group"] = "blue"
    report = run(world, node)
    assert (report.execution_type, report.patch_group) == ("Command", "blue")
    assert world.baselines.find(MEMBER, "us-east-1", report.baseline_id)


def test_an_override_outside_a_policy_writes_no_compliance(world: World, node: Node) -> None:
    report = run(world, node, BaselineOverride=PLACE)
    assert report.missing
    assert node.instance_id not in world.fleet.reports


def test_the_newest_run_overwrites_the_older(world: World, node: Node) -> None:
    by_policy(world, node)
    newest = run(world, node)
    assert world.fleet.reports[node.instance_id] == newest


def test_nodes_that_share_a_snapshot_are_judged_by_the_first_evaluation(
    world: World, node: Node, client: Connect
) -> None:
    snapshot = "01234567-0123-4567-89ab-0123456789ab"
    first = by_policy(world, node, SnapshotId=snapshot)
    put(client, [{"OperatingSystem": node.operating_system}])
    assert by_policy(world, node, SnapshotId=snapshot).missing == first.missing
    assert by_policy(world, node).missing == ()


def test_only_what_an_install_override_list_names_is_installed(world: World, node: Node, client: Connect) -> None:
    wanted = by_policy(world, node).missing[0].split(":")[0]
    client("s3", MEMBER).create_bucket(Bucket="member-lists")
    client("s3", MEMBER).put_object(Bucket="member-lists", Key="list.yaml", Body=f"patches:\n  - id: {wanted}\n")
    report = run(world, node, "Install", InstallOverrideList="s3://member-lists/list.yaml")
    assert [patch_id.split(":")[0] for patch_id in node.installed] == [wanted]
    assert report.install_override_list == "s3://member-lists/list.yaml"


def test_a_log_tells_what_a_person_or_a_parser_looks_for(world: World, node: Node) -> None:
    report = by_policy(world, node)
    told = tell_run(node, {"Operation": ["Scan"], "BaselineOverride": [PLACE]}, report).splitlines()
    assert f"Downloading Baseline Override from {PLACE}" in told
    assert {f"BaselineId: {report.baseline_id}", f"SnapshotId: {report.snapshot_id}", "OperationType: Scan",
            f"MissingCount: {len(report.missing)}"} <= set(told)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", 161),
        ({"OperatingSystem": "REDHAT_ENTERPRISE_LINUX"}, 161),
        ([], 163),
        ([override("REDHAT_ENTERPRISE_LINUX")] * 2, 165),
        ([override("REDHAT_ENTERPRISE_LINUX", RejectedPatchesAction="NEVER")], 144),
    ],
)
def test_a_wrong_file_has_an_exit_code_of_its_own(
    world: World, node: Node, client: Connect, content: object, code: int
) -> None:
    put(client, content)
    assert exit_code(world, node, BaselineOverride=PLACE) == code


def test_a_file_that_is_not_there_is_162(world: World, node: Node) -> None:
    assert exit_code(world, node, BaselineOverride=f"s3://{BUCKET}/other.json") == 162
    assert exit_code(world, node, BaselineOverride="s3://no-such-bucket-here/file.json") == 162
    assert exit_code(world, node, BaselineOverride="https://example.com/file.json") == 162


def test_a_role_that_may_not_read_is_160(world: World, node: Node) -> None:
    del world.account(MEMBER).roles["app-server"].inline["read"]
    assert exit_code(world, node, BaselineOverride=PLACE) == 160


def test_a_system_that_takes_no_override_is_166(world: World, node: Node) -> None:
    node.operating_system = "RASPBIAN"
    assert exit_code(world, node, BaselineOverride=PLACE) == 166
    assert exit_code(world, node) == 146


def test_both_override_parameters_are_167(world: World, node: Node) -> None:
    assert exit_code(world, node, BaselineOverride=PLACE, InstallOverrideList=PLACE) == 167


@pytest.mark.parametrize(
    ("action", "code"), [("ssm:GetDeployablePatchSnapshotForInstance", 145), ("ssm:PutComplianceItems", 149)]
)
def test_a_role_that_lacks_an_action_of_systems_manager_has_its_code(
    world: World, node: Node, action: str, code: int
) -> None:
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    world.account(MEMBER).roles["app-server"].inline["deny"] = deny
    assert exit_code(world, node) == code


def endpoint(*resources: str, has_internet: bool = True, world: World) -> Endpoint:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": list(resources)}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return Endpoint("vpce-0abc", "vpc-0abc", world.now(), text, has_internet)


AWS_S3 = ("arn:aws:s3:::aws-ssm-us-east-1/*", "arn:aws:s3:::patch-baseline-snapshot-us-east-1/*")


@pytest.mark.parametrize(
    ("resources", "code"), [(AWS_S3, 160), (AWS_S3[:1], 143), (AWS_S3[1:], 156)], ids=["file", "snapshot", "payload"]
)
def test_the_policy_of_an_endpoint_judges_each_download(
    world: World, node: Node, resources: tuple[str, ...], code: int
) -> None:
    world.fleet.endpoints[MEMBER, "us-east-1"] = endpoint(*resources, world=world)
    given = {"BaselineOverride": PLACE} if code == 160 else {}
    assert exit_code(world, node, **given) == code


def test_an_endpoint_that_lets_the_file_pass_is_no_hindrance(world: World, node: Node) -> None:
    world.fleet.endpoints[MEMBER, "us-east-1"] = endpoint(*AWS_S3, f"arn:aws:s3:::{BUCKET}/*", world=world)
    assert by_policy(world, node).execution_type == "PatchPolicy"


@pytest.mark.parametrize(("has_internet", "ends"), [(True, 0), (False, 162)])
def test_a_gateway_does_not_carry_traffic_to_another_region(
    world: World, node: Node, has_internet: bool, ends: int
) -> None:
    far = next(n for n in world.fleet.within(MEMBER, "eu-west-1") if is_managed(world, n) and not n.is_hybrid)
    aws = [name.replace("us-east-1", "eu-west-1") for name in AWS_S3]
    world.fleet.endpoints[MEMBER, "eu-west-1"] = endpoint(*aws, has_internet=has_internet, world=world)
    if ends:
        assert exit_code(world, far, BaselineOverride=PLACE) == ends
    else:
        assert run(world, far, BaselineOverride=PLACE)


def test_two_runs_within_two_minutes_collide(world: World, node: Node) -> None:
    run(world, node)
    with pytest.raises(NodeFailed) as failed:
        patch(world, node, {"Operation": ["Scan"]}, "command")
    assert failed.value.exit_code == 156
    assert run(world, node)


def test_where_nothing_may_be_executed_no_run_begins(world: World, node: Node) -> None:
    node.trouble = NO_EXECUTION
    assert exit_code(world, node) == 126


@pytest.mark.parametrize("system", sorted(set(SYSTEMS) - {"AMAZON_LINUX", "AMAZON_LINUX_2022", "RASPBIAN"}))
def test_every_operating_system_is_patched_in_its_own_words(world: World, node: Node, system: str) -> None:
    node.operating_system, node.patched_until = system, None
    before, after = by_policy(world, node), by_policy(world, node, "Install")
    assert before.missing
    assert after.missing == ()


def test_windows_offers_only_the_update_that_replaces_the_others(world: World, node: Node, client: Connect) -> None:
    """A long delay, and the newest cumulative update is never old enough: it is only available."""
    slow = {**APPROVE_ALL, "ApproveAfterDays": 60}
    put(client, [{"OperatingSystem": "WINDOWS", "ApprovalRules": {"PatchRules": [slow]}}])
    node.operating_system, node.patched_until = "WINDOWS", None
    report = by_policy(world, node)
    available = report.of_state(PatchState.AVAILABLE_SECURITY_UPDATE)
    assert available
    assert not set(available) & set(report.missing)
    assert report.wrong == tuple(f for f in report.findings if f.state != PatchState.AVAILABLE_SECURITY_UPDATE)
