"""Tools that are not ours see one and the same organization, in process and over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.engine.trust import access_key
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, read_world, stock
from tests.sandbox.conftest import BEGIN, MANAGEMENT, MEMBER, connect_to
from tests.worlds import on_loopback, session_with

Clients = Callable[[str], Any]


def open_world() -> Sandbox:
    served = Sandbox(WORLDS["small"](BEGIN, 0), strict_answers=True)
    stock(served.world)
    return served


@pytest.fixture
def over_loopback() -> Iterator[tuple[Sandbox, Clients]]:
    """A sandbox behind a port, and clients of a member account."""
    sandbox = open_world()
    session = session_with(access_key(MEMBER))
    config = Config(retries={"total_max_attempts": 1})
    with on_loopback(sandbox) as address:
        yield sandbox, lambda service: session.client(service, "us-east-1", endpoint_url=address, config=config)


def look_around(sandbox: Sandbox, client: Clients) -> list[Any]:
    """What Cloud Custodian, Prowler and the AWS command line ask for when they look at patching, and some refusals."""
    ssm, ec2, s3 = client("ssm"), client("ec2"), client("s3")
    seen: list[Any] = [client("sts").get_caller_identity(), ec2.describe_regions()]
    seen.append(ssm.create_association(
        Name="AWS-RunPatchBaseline", Targets=[{"Key": "InstanceIds", "Values": ["*"]}],
        Parameters={"Operation": ["Scan"]}, ScheduleExpression="rate(1 day)",
    ))  # fmt: skip
    sandbox.world.clock.advance(timedelta(hours=1))
    for operation in ("describe_instance_information", "list_resource_compliance_summaries", "list_associations"):
        seen += ssm.get_paginator(operation).paginate(PaginationConfig={"PageSize": 7})
    nodes = [i["InstanceId"] for i in ssm.describe_instance_information(MaxResults=50)["InstanceInformationList"]]
    seen.append(ssm.describe_instance_patch_states(InstanceIds=nodes))
    seen += [ec2.describe_instances(), ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": nodes}])]
    seen += client("resourcegroupstaggingapi").get_paginator("get_resources").paginate()
    seen += [client("iam").list_roles(), client("resource-groups").list_groups()]
    seen += [s3.create_bucket(Bucket="mine-alone"), s3.put_object(Bucket="mine-alone", Key="a b/ü", Body=b"x")]
    seen += [s3.list_objects_v2(Bucket="mine-alone"), s3.get_object(Bucket="mine-alone", Key="a b/ü")["Body"].read()]
    return seen + [refusal(ask) for ask in (
        lambda: ssm.describe_association(AssociationId="0" * 8 + "-0000-0000-0000-" + "0" * 12),
        lambda: ssm.describe_instance_information(NextToken="made up"),
        lambda: ec2.describe_volumes(),
        lambda: s3.get_object(Bucket="mine-alone", Key="gone"),
        lambda: client("iam").get_role(RoleName="nobody"),
        lambda: client("organizations").list_accounts(),
        lambda: client("cloudformation").describe_stack_set(StackSetName="none"),
    )]  # fmt: skip


def refusal(ask: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        ask()
    told = refused.value.response
    return told["Error"]["Code"], told["Error"]["Message"], told["ResponseMetadata"]["HTTPStatusCode"]


def without_transport(seen: Any) -> Any:
    """An answer without what belongs to the way it came: headers, and the marker that boto3 reads bodies by."""
    if isinstance(seen, dict):
        return {k: without_transport(v) for k, v in seen.items() if k != "ResponseMetadata"}
    return [without_transport(each) for each in seen] if isinstance(seen, list) else seen


def test_in_process_and_over_loopback_tell_the_same(over_loopback: tuple[Sandbox, Clients]) -> None:
    told_over_loopback = without_transport(look_around(*over_loopback))
    sandbox = open_world()
    in_process = look_around(sandbox, lambda service: connect_to(sandbox, service, access_key(MEMBER)))

    assert without_transport(in_process) == told_over_loopback


def test_tags_of_instances_are_told_by_instance_and_by_tag(sandbox: Sandbox) -> None:
    ec2 = connect_to(sandbox, "ec2", access_key(MEMBER))
    nodes = [n for n in sandbox.world.fleet.within(MEMBER, "us-east-1") if not n.is_hybrid]

    def tags(*filters: tuple[str, str]) -> list[dict[str, str]]:
        asked = [{"Name": name, "Values": [value]} for name, value in filters]
        found: list[dict[str, str]] = ec2.describe_tags(Filters=asked)["Tags"]
        return found

    assert {t["Key"]: t["Value"] for t in tags(("resource-id", nodes[0].instance_id))} == nodes[0].tags
    assert {t["ResourceId"] for t in tags(("tag:Role", "web"))} == {
        n.instance_id for n in nodes if n.tags["Role"] == "web"
    }
    assert tags(("resource-type", "volume")) == []
    with pytest.raises(ClientError, match="The filter 'colour' is invalid"):
        tags(("colour", "blue"))


def test_a_paginator_gives_each_node_of_a_crowd_exactly_once(tmp_path: Path) -> None:
    """A thousand nodes of one account in 16 Regions; `python -m bench.sandbox_nodes` does it with 100,000."""
    text = (Path(__file__).parents[2] / "sandbox" / "worlds" / "large.toml").read_text()
    head, _, tail = text.partition("sizes = [")
    (tmp_path / "crowd.toml").write_text(f"{head}sizes = [1000]{tail.partition(']')[2]}".replace("999", "0"))
    (tmp_path / "roles.toml").write_text((Path(__file__).parents[2] / "sandbox" / "worlds" / "roles.toml").read_text())
    sandbox = Sandbox(read_world(tmp_path / "crowd.toml", BEGIN))
    instances: list[str] = []
    managed: list[str] = []
    for region in sandbox.world.organization.regions:
        ec2 = connect_to(sandbox, "ec2", access_key(MANAGEMENT), region)
        ssm = connect_to(sandbox, "ssm", access_key(MANAGEMENT), region)
        for page in ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 40}):
            instances += [i["InstanceId"] for r in page["Reservations"] for i in r["Instances"]]
        for page in ssm.get_paginator("describe_instance_information").paginate(PaginationConfig={"PageSize": 15}):
            managed += [node["InstanceId"] for node in page["InstanceInformationList"]]
    there = set(sandbox.world.fleet.nodes)

    assert len(there) == 1000
    assert len(instances) == len(set(instances))
    assert len(managed) == len(set(managed))
    assert set(instances) == {name for name in there if name.startswith("i-")}
    assert set(managed) == there - {n.instance_id for n in sandbox.world.fleet.nodes.values()
                                    if n.profile_name == "legacy-server"}  # fmt: skip
