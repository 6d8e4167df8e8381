"""Which nodes Systems Manager tells of, and EC2's instances beneath them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed, principal_of_node
from sandbox.engine.systems import SYSTEMS
from sandbox.engine.world import World
from sandbox.operations.ec2 import IMAGES
from sandbox.operations.sts import open_session
from tests.sandbox.conftest import MEMBER, Connect

REGION = "us-east-1"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


@pytest.fixture
def ec2(client: Connect) -> Any:
    return client("ec2", MEMBER)


@pytest.fixture
def node(world: World) -> Node:
    """A managed EC2 instance of the member account."""
    return next(n for n in world.fleet.within(MEMBER, REGION) if is_managed(world, n) and not n.is_hybrid)


def told_ids(ssm: Any, *filters: tuple[str, str]) -> set[str]:
    asked = [{"Key": key, "Values": [value]} for key, value in filters]
    pages = ssm.get_paginator("describe_instance_information").paginate(Filters=asked, PaginationConfig={"PageSize": 5})
    return {n["InstanceId"] for page in pages for n in page["InstanceInformationList"]}


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


def test_every_operating_system_is_told_as_its_agent_tells_it(world: World, ssm: Any, node: Node) -> None:
    told, asked = [], [{"Key": "InstanceIds", "Values": [node.instance_id]}]
    for system in SYSTEMS:
        node.operating_system = system
        (information,) = ssm.describe_instance_information(Filters=asked)["InstanceInformationList"]
        told.append((information["PlatformType"], information["PlatformName"], information["PlatformVersion"]))
    assert len(set(told)) == 15
    assert {kind for kind, _, _ in told} == {"Linux", "Windows", "MacOS"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PingStatus", "Online"), ("PlatformTypes", "Linux"), ("ResourceType", "EC2Instance"),
        ("AgentVersion", "3.1.0.0"), ("SourceTypes", "AWS::EC2::Instance"), ("tag:Mark", "here"), ("tag-key", "Mark"),
    ],
)  # fmt: skip
def test_each_filter_finds_the_node_and_another_value_does_not(
    world: World, ssm: Any, node: Node, key: str, value: str
) -> None:
    node.operating_system, node.agent_version = "UBUNTU", "3.1.0.0"
    node.tags["Mark"] = "here"
    others = {"PingStatus": "ConnectionLost", "PlatformTypes": "MacOS", "ResourceType": "ManagedInstance"}
    assert node.instance_id in told_ids(ssm, (key, value))
    assert node.instance_id not in told_ids(ssm, (key, others.get(key, "other")))


def test_the_old_kind_of_filter_is_honoured_too(ssm: Any, node: Node) -> None:
    old = [{"key": "InstanceIds", "valueSet": [node.instance_id]}]
    told = ssm.describe_instance_information(InstanceInformationFilterList=old)["InstanceInformationList"]
    assert [n["InstanceId"] for n in told] == [node.instance_id]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ([("Colour", "red")], "InvalidFilterKey"),
        ([("PingStatus", "Asleep")], "InvalidInstanceInformationFilterValue"),
        ([("tag:Role", "web"), ("PingStatus", "Online")], "InvalidInstanceInformationFilterValue"),
    ],
)
def test_filters_that_aws_refuses_are_refused(ssm: Any, filters: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        told_ids(ssm, *filters)
    assert code_of(refused) == code


def test_a_node_that_loses_contact_is_told_so_and_comes_back(world: World, ssm: Any, node: Node) -> None:
    world.fleet.set_contact(node.instance_id, "ConnectionLost", world.now())
    lost = told_ids(ssm, ("PingStatus", "ConnectionLost"))
    world.fleet.set_contact(node.instance_id, "Online", world.now())
    assert (lost, told_ids(ssm, ("PingStatus", "ConnectionLost"))) == ({node.instance_id}, set())


def test_stopped_and_terminated_nodes_are_left_out(world: World, ssm: Any, ec2: Any, node: Node) -> None:
    told = ec2.stop_instances(InstanceIds=[node.instance_id])["StoppingInstances"][0]
    assert (told["PreviousState"]["Name"], told["CurrentState"]["Name"]) == ("running", "stopping")
    assert node.instance_id not in told_ids(ssm)
    ec2.start_instances(InstanceIds=[node.instance_id])
    assert node.instance_id in told_ids(ssm)
    ec2.terminate_instances(InstanceIds=[node.instance_id])
    assert node.instance_id not in told_ids(ssm)
    with pytest.raises(ClientError) as refused:
        ec2.start_instances(InstanceIds=[node.instance_id])
    assert code_of(refused) == "IncorrectInstanceState"


def test_a_terminated_instance_is_shown_for_an_hour(world: World, ec2: Any, node: Node) -> None:
    ec2.terminate_instances(InstanceIds=[node.instance_id])
    world.clock.advance(timedelta(minutes=10))
    shown = ec2.describe_instances(InstanceIds=[node.instance_id])["Reservations"][0]["Instances"][0]
    assert shown["State"] == {"Name": "terminated", "Code": 48}
    world.clock.advance(timedelta(hours=1))
    with pytest.raises(ClientError) as refused:
        ec2.describe_instances(InstanceIds=[node.instance_id])
    assert code_of(refused) == "InvalidInstanceID.NotFound"


def test_a_new_instance_is_managed_once_its_role_lets_it(world: World, ssm: Any, ec2: Any) -> None:
    image = next(image for image, system in IMAGES.items() if system == "UBUNTU")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "new"}]}]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=2, TagSpecifications=tags)["Instances"]
    first, second = (i["InstanceId"] for i in made)
    again = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, ClientToken="once")["Instances"]
    assert again == ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, ClientToken="once")["Instances"]
    assert {first, second} & told_ids(ssm) == set()

    ec2.associate_iam_instance_profile(InstanceId=first, IamInstanceProfile={"Name": "app-server"})
    assert {first, second} & told_ids(ssm) == {first}
    with pytest.raises(ClientError) as refused:
        ec2.associate_iam_instance_profile(InstanceId=first, IamInstanceProfile={"Name": "app-server"})
    assert code_of(refused) == "IncorrectState"


def test_a_profile_is_replaced_and_taken_away(ssm: Any, ec2: Any, node: Node) -> None:
    asked = [{"Name": "instance-id", "Values": [node.instance_id]}]
    (known,) = ec2.describe_iam_instance_profile_associations(Filters=asked)["IamInstanceProfileAssociations"]
    ec2.replace_iam_instance_profile_association(
        AssociationId=known["AssociationId"], IamInstanceProfile={"Name": "legacy-server"}
    )
    assert node.profile_name == "legacy-server"
    ec2.disassociate_iam_instance_profile(AssociationId=known["AssociationId"])
    assert ec2.describe_iam_instance_profile_associations(Filters=asked)["IamInstanceProfileAssociations"] == []


def test_tags_are_made_told_and_removed(ec2: Any, node: Node) -> None:
    ec2.create_tags(Resources=[node.instance_id], Tags=[{"Key": "Mark", "Value": "a"}])
    asked = [{"Name": "key", "Values": ["Mark"]}]
    assert [t["ResourceId"] for t in ec2.describe_tags(Filters=asked)["Tags"]] == [node.instance_id]
    ec2.delete_tags(Resources=[node.instance_id], Tags=[{"Key": "Mark", "Value": "other"}])
    assert node.tags["Mark"] == "a"
    ec2.delete_tags(Resources=[node.instance_id], Tags=[{"Key": "Mark"}])
    assert "Mark" not in node.tags


def test_instances_are_filtered_with_wildcards_and_paged(world: World, ec2: Any) -> None:
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "tag:Name", "Values": ["shop-web-*"]}], PaginationConfig={"PageSize": 5}
    )
    told = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
    meant = [n.instance_id for n in world.fleet.within(MEMBER, REGION) if n.name.startswith("shop-web-")]
    assert sorted(told) == sorted(n for n in meant if n.startswith("i-"))
    with pytest.raises(ClientError) as refused:
        ec2.describe_instances(MaxResults=4)
    assert code_of(refused) == "InvalidParameterValue"


def test_another_account_s_instances_do_not_exist(client: Connect, node: Node) -> None:
    with pytest.raises(ClientError) as refused:
        client("ec2", "666677778888").stop_instances(InstanceIds=[node.instance_id])
    assert code_of(refused) == "InvalidInstanceID.NotFound"
    assert node.state == "running"


def test_a_hybrid_node_gets_another_role_and_is_deregistered(world: World, client: Connect) -> None:
    node = next(n for n in world.fleet.nodes.values() if n.is_hybrid)
    ssm = client("ssm", node.account_id, node.region)
    ssm.update_managed_instance_role(InstanceId=node.instance_id, IamRole="app-server")
    assert node.service_role == "app-server"
    ssm.deregister_managed_instance(InstanceId=node.instance_id)
    with pytest.raises(ClientError) as refused:
        ssm.deregister_managed_instance(InstanceId=node.instance_id)
    assert code_of(refused) == "InvalidInstanceId"


def test_regions_that_nobody_opted_in_to_are_told_on_demand(ec2: Any) -> None:
    enabled = ec2.describe_regions()["Regions"]
    everything = ec2.describe_regions(AllRegions=True)["Regions"]
    assert len(enabled) == 3
    assert {r["OptInStatus"] for r in everything} == {"opt-in-not-required", "not-opted-in"}


def test_an_s3_endpoint_is_made_changed_and_removed(world: World, ec2: Any) -> None:
    made = ec2.create_vpc_endpoint(VpcId="vpc-1", ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PolicyDocument='{"Statement": [{"Effect": "Deny", '
                            '"Principal": "*", "Action": "*", "Resource": "*"}]}')  # fmt: skip
    (told,) = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": ["vpc-1"]}])["VpcEndpoints"]
    assert '"Deny"' in told["PolicyDocument"]
    with pytest.raises(ClientError) as refused:
        ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PolicyDocument="{}")
    assert code_of(refused) == "InvalidPolicyDocument"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_an_image_is_there_for_each_operating_system(ec2: Any) -> None:
    assert {image["Name"] for image in ec2.describe_images()["Images"]} == set(SYSTEMS)
    with pytest.raises(ClientError) as refused:
        ec2.describe_images(ImageIds=["ami-0"])
    assert code_of(refused) == "InvalidAMIID.NotFound"


def test_only_a_node_itself_is_told_where_its_snapshot_lies(
    world: World, ssm: Any, client: Connect, node: Node
) -> None:
    asked = {"InstanceId": node.instance_id, "SnapshotId": "12345678-1234-1234-1234-123456789012"}
    with pytest.raises(ClientError) as refused:
        ssm.get_deployable_patch_snapshot_for_instance(**asked)
    assert code_of(refused) == "AccessDeniedException"

    itself = client("ssm", key=open_session(world, principal_of_node(world, node)))
    told = itself.get_deployable_patch_snapshot_for_instance(**asked, UseS3DualStackEndpoint=True)
    assert "s3.dualstack" in told["SnapshotDownloadUrl"]
    override = {"OperatingSystem": node.operating_system}
    assert itself.get_deployable_patch_snapshot_for_instance(**asked, BaselineOverride=override)["Product"]
