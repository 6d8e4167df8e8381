"""EC2: instances from their launch to their end, their profiles and tags, and the endpoints of their networks."""

from __future__ import annotations

from tests.sandbox.conftest import MEMBER
from tests.sandbox.terminal import Scene, refusal


def an_instance_lives(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    image = aws("ec2 describe-images")["Images"][0]["ImageId"]
    tags = "ResourceType=instance,Tags=[{Key=Name,Value=mine}]"
    made = aws(f"ec2 run-instances --image-id {image} --count 1 --tag-specifications {tags}")["Instances"][0]
    one = f"--instance-ids {made['InstanceId']}"

    def state() -> str:
        found = aws(f"ec2 describe-instances {one}")["Reservations"]
        return str(found[0]["Instances"][0]["State"]["Name"])

    for verb, after in (("stop", "stopped"), ("start", "running"), ("reboot", "running"), ("terminate", "terminated")):
        aws(f"ec2 {verb}-instances {one}")
        scene.later(minutes=5)
        assert (verb, state()) == (verb, after)
    shell = scene.of(MEMBER)
    assert refusal(shell, f"ec2 start-instances {one}") == "IncorrectInstanceState"


def an_instance_changes_its_profile_and_tags(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    regions = aws("ec2 describe-regions")["Regions"]
    assert {region["RegionName"] for region in regions} == set(scene.world.organization.regions)
    node = next(n for n in scene.world.fleet.within(MEMBER, "us-east-1") if n.profile_name == "app-server")
    of_it = f"--filters Name=instance-id,Values={node.instance_id}"

    def associations() -> list[tuple[str, str]]:
        told = aws(f"ec2 describe-iam-instance-profile-associations {of_it}")["IamInstanceProfileAssociations"]
        return [(a["AssociationId"], a["IamInstanceProfile"]["Arn"].rpartition("/")[2]) for a in told]

    [(first, name)] = associations()
    assert name == "app-server"
    legacy = "--iam-instance-profile Name=legacy-server"
    aws(f"ec2 replace-iam-instance-profile-association --association-id {first} {legacy}")
    [(second, name)] = associations()
    assert name == "legacy-server"
    aws(f"ec2 disassociate-iam-instance-profile --association-id {second}")
    assert associations() == []
    aws(f"ec2 associate-iam-instance-profile --instance-id {node.instance_id} {legacy}")

    aws(f"ec2 create-tags --resources {node.instance_id} --tags Key=a,Value=b Key=c,Value=d")
    aws(f"ec2 delete-tags --resources {node.instance_id} --tags Key=a")
    told = aws(f"ec2 describe-tags --filters Name=resource-id,Values={node.instance_id}")["Tags"]
    assert {"c"} == {tag["Key"] for tag in told} & {"a", "c"}


def an_endpoint_gets_a_policy_and_loses_it(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    closed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
    service = "--service-name com.amazonaws.us-east-1.s3 --vpc-endpoint-type Gateway"
    made = aws(f"ec2 create-vpc-endpoint --vpc-id vpc-0123456789abcdef0 {service}")["VpcEndpoint"]["VpcEndpointId"]
    before = aws(f"ec2 describe-vpc-endpoints --vpc-endpoint-ids {made}")["VpcEndpoints"][0]["PolicyDocument"]
    aws(f"ec2 modify-vpc-endpoint --vpc-endpoint-id {made}", policy_document=closed)
    assert aws("ec2 describe-vpc-endpoints")["VpcEndpoints"][0]["PolicyDocument"] != before
    aws(f"ec2 modify-vpc-endpoint --vpc-endpoint-id {made} --reset-policy")
    assert aws("ec2 describe-vpc-endpoints")["VpcEndpoints"][0]["PolicyDocument"] == before
    assert aws(f"ec2 delete-vpc-endpoints --vpc-endpoint-ids {made}")["Unsuccessful"] == []
    assert aws("ec2 describe-vpc-endpoints")["VpcEndpoints"] == []
