"""The broken world: each failure is there once, and shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.engine.trust import access_key
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, stock
from tests.sandbox.conftest import BEGIN, MANAGEMENT, connect_to

POLICY_FILE = "s3://aws-quicksetup-patchpolicy-111122223333-brokn/baseline_overrides.json"
BROKEN_PLACES = (
    ("222233334444", "us-east-1"), ("333344445555", "us-east-1"), ("444455556666", "us-east-1"),
    ("444455556666", "eu-west-1"),
)  # fmt: skip


def run_everywhere(served: Sandbox, log_bucket: str) -> dict[str, str]:
    """Each managed node's result of a scan by the policy `brokn`: its status and exit code, "" when it is Success."""
    told = {}
    for account_id, region in BROKEN_PLACES:
        ssm = connect_to(served, "ssm", access_key(account_id), region)
        ssm.create_association(
            Name="AWS-RunPatchBaseline", Targets=[{"Key": "InstanceIds", "Values": ["*"]}],
            Parameters={"Operation": ["Scan"], "BaselineOverride": [POLICY_FILE]},
            OutputLocation={"S3Location": {"OutputS3BucketName": log_bucket, "OutputS3Region": "us-east-1"}},
        )  # fmt: skip
    served.world.clock.advance(timedelta(hours=1))
    for account_id, region in BROKEN_PLACES:
        ssm = connect_to(served, "ssm", access_key(account_id), region)
        for node in ssm.describe_instance_information()["InstanceInformationList"]:
            status = ssm.describe_instance_associations_status(InstanceId=node["InstanceId"])
            for result in status["InstanceAssociationStatusInfos"]:
                failed = f"{result['Status']} {result.get('ErrorCode', '')}".strip()
                told[node["ComputerName"]] = "" if failed == "Success" else failed
    return told


@pytest.fixture
def broken() -> Sandbox:
    served = Sandbox(WORLDS["broken"](BEGIN, 0), strict_answers=True)
    stock(served.world)
    return served


def test_each_node_of_the_broken_world_fails_for_its_own_reason(broken: Sandbox) -> None:
    results = run_everywhere(broken, "example-patch-logs")

    assert {name: results.get(name) for name in (
        "well", "old-agent", "no-role", "no-core", "stopped", "no-tag", "no-file", "old-system", "no-rules", "noexec",
        "outside", "endpoint-policy", "endpoint-region", "lost",
    )} == {
        "well": "", "old-agent": "", "no-role": None, "no-core": None, "stopped": None, "no-tag": "Failed 160",
        "no-file": "Failed 160", "old-system": "Failed 166", "no-rules": "Failed 163", "noexec": "Failed 126",
        "outside": "Failed 160", "endpoint-policy": "Failed 160", "endpoint-region": "Failed 162",
        "lost": "TimedOut",
    }  # fmt: skip


def test_one_node_of_the_broken_world_has_an_old_agent(broken: Sandbox) -> None:
    ssm = connect_to(broken, "ssm", access_key("222233334444"))
    nodes = ssm.describe_instance_information()["InstanceInformationList"]

    assert [n["ComputerName"] for n in nodes if n["AgentVersion"].startswith("2.")] == ["old-agent"]


def test_one_node_of_the_broken_world_lost_contact(broken: Sandbox) -> None:
    told = {}
    for account_id, region in BROKEN_PLACES:
        ssm = connect_to(broken, "ssm", access_key(account_id), region)
        for node in ssm.describe_instance_information()["InstanceInformationList"]:
            told[node["ComputerName"]] = node["PingStatus"]
    assert {name: status for name, status in told.items() if status != "Online"} == {"lost": "ConnectionLost"}


def test_logs_reach_the_open_bucket_and_not_the_locked_one(broken: Sandbox) -> None:
    s3 = connect_to(broken, "s3", access_key(MANAGEMENT))
    for bucket in ("example-patch-logs", "example-locked-logs"):
        assert run_everywhere(broken, bucket)["well"] == ""

    assert s3.list_objects_v2(Bucket="example-patch-logs")["KeyCount"] > 0
    assert s3.list_objects_v2(Bucket="example-locked-logs")["KeyCount"] == 0


def test_each_account_of_the_broken_world_lacks_one_thing(broken: Sandbox) -> None:
    organizations = connect_to(broken, "organizations", access_key(MANAGEMENT))
    accounts = {a["Name"]: a for a in organizations.list_accounts()["Accounts"]}

    def lacks(role: str) -> list[str]:
        return [name for name, a in accounts.items() if role not in broken.world.account(a["Id"]).roles]

    assert [name for name, a in accounts.items() if a["Status"] == "SUSPENDED"] == ["Closed"]
    assert lacks("AWS-QuickSetup-PatchPolicy-LocalExecutionRole") == ["Without Setup"]
    assert set(lacks("PatchPortal-ReadOnly")) == {"Management", "Unobserved"}
    regions = connect_to(broken, "account", access_key(MANAGEMENT)).list_regions()["Regions"]
    assert {r["RegionName"]: r["RegionOptStatus"] for r in regions}["ap-northeast-1"] == "DISABLED"


@pytest.mark.parametrize(("name", "access"), [("broken", "ENABLED"), ("broken-untrusted", "DISABLED")])
def test_trusted_access_is_off_in_one_variant(name: str, access: str) -> None:
    served = Sandbox(WORLDS[name](BEGIN, 0), strict_answers=True)
    told = connect_to(served, "cloudformation", access_key(MANAGEMENT)).describe_organizations_access()
    assert told["Status"] == access
