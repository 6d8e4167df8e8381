"""IAM enforcement: with it on, callers do what their policies allow and are told what is lacking."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.automations import run_automation
from sandbox.engine.further_needs import FURTHER, TAGGING
from sandbox.engine.permissions import KINDS
from sandbox.engine.trust import Principal, Role
from sandbox.engine.world import World
from sandbox.operations.sts import open_session
from sandbox.registry import OPERATIONS
from sandbox.saving import load, save
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

LIST_NOTHING = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
EXECUTION_ROLE = "AWS-QuickSetup-PatchPolicy-LocalExecutionRole"
ADMINISTRATION_ROLE = "AWS-QuickSetup-PatchPolicy-LocalAdministrationRole"
TEMPLATE = json.dumps({
    "Resources": {"Notes": {"Type": "AWS::SSM::Document", "Properties": {
        "DocumentType": "Command", "Name": "QuickSetup-Notes",
        "Content": {"schemaVersion": "2.2", "description": "x", "mainSteps": []}}}}
})  # fmt: skip


@pytest.fixture(autouse=True)
def enforced(world: World) -> None:
    world.enforces_iam = True


def allow(
    action: str | list[str], resource: str | list[str] = "*", *, when: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": when} if when else statement


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def session(world: World, *statements: dict[str, Any], account: str = MANAGEMENT, limits: tuple[str, ...] = ()) -> str:
    """The access key of a session `x` of a new role `y` with one inline policy."""
    trust = document({"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"})
    made = Role("y", "AROAY", world.now(), trust, inline={"only": document(*statements)} if statements else {})
    world.account(account).roles["y"] = made
    return open_session(world, Principal(account, "y", "x", limits=limits))


def refusal(call: Any, **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**asked)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_what_no_policy_allows_is_refused_in_aws_words(world: World, client: Connect) -> None:
    ssm = client("ssm", key=session(world, LIST_NOTHING))

    assert refusal(ssm.list_associations) == (
        "AccessDeniedException",
        f"User: arn:aws:sts::{MANAGEMENT}:assumed-role/y/x is not authorized to perform: ssm:ListAssociations"
        f" on resource: arn:aws:ssm:us-east-1:{MANAGEMENT}:* because no identity-based policy allows the"
        " ssm:ListAssociations action",
    )


def test_it_is_off_until_it_is_asked_for(world: World, client: Connect) -> None:
    world.enforces_iam = False

    assert client("ssm", key=session(world)).list_associations()["Associations"] == []


def test_the_administrator_may_all_until_its_policy_is_taken_away(world: World, client: Connect) -> None:
    assert client("iam").list_roles()["Roles"]
    client("iam").put_user_policy(
        UserName="administrator", PolicyName="less", PolicyDocument=json.dumps(document(allow("iam:*User*")))
    )
    client("iam").detach_user_policy(UserName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    assert refusal(client("iam").list_roles)[0] == "AccessDenied"
    assert client("iam").list_user_policies(UserName="administrator")["PolicyNames"] == ["less"]
    assert client("sts").get_caller_identity()["Account"] == MANAGEMENT


def test_a_deny_wins(world: World, client: Connect) -> None:
    deny = {"Effect": "Deny", "Action": "ssm:List*", "Resource": "*"}

    told = refusal(client("ssm", key=session(world, allow("*"), deny)).list_associations)[1]

    assert told.endswith("with an explicit deny in an identity-based policy")


def test_the_resource_counts(world: World, client: Connect) -> None:
    one, other = (client("ssm").create_patch_baseline(Name=name)["BaselineId"] for name in ("One", "Other"))
    arn = f"arn:aws:ssm:us-east-1:{MANAGEMENT}:patchbaseline/"
    ssm = client("ssm", key=session(world, allow("ssm:GetPatchBaseline", f"{arn}{one}")))

    assert ssm.get_patch_baseline(BaselineId=one)["BaselineId"] == one
    assert f"on resource: {arn}{other}" in refusal(ssm.get_patch_baseline, BaselineId=other)[1]


def test_a_boundary_and_a_session_policy_must_allow_too(world: World, client: Connect) -> None:
    limit = json.dumps(document(allow("ssm:*")))
    key = session(world, allow("*"), limits=(limit,))

    assert client("ssm", key=key).list_associations()
    assert "because no session policy allows" in refusal(client("iam", key=key).list_roles)[1]
    world.account(MANAGEMENT).roles["y"].boundary = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert "because no permissions boundary allows" in refusal(client("ssm", key=key).describe_patch_baselines)[1]


def test_conditions_see_the_tags_and_the_policy_that_a_request_names(world: World, client: Connect) -> None:
    core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    iam = client("iam", key=session(
        world,
        allow("iam:AttachRolePolicy", when={"ArnEquals": {"iam:PolicyARN": core}}),
        allow("iam:TagRole", when={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
    ))  # fmt: skip

    iam.attach_role_policy(RoleName="legacy-server", PolicyArn=core)
    iam.tag_role(RoleName="legacy-server", Tags=[{"Key": "team", "Value": "a"}])
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert "iam:AttachRolePolicy" in refusal(iam.attach_role_policy, RoleName="legacy-server", PolicyArn=admin)[1]
    assert "iam:TagRole" in refusal(iam.tag_role, RoleName="legacy-server", Tags=[{"Key": "x", "Value": "a"}])[1]


def test_lending_a_role_and_tagging_a_set_are_rights_of_their_own(world: World, client: Connect) -> None:
    role = f"arn:aws:iam::{MANAGEMENT}:role/{ADMINISTRATION_ROLE}"
    asked = {"StackSetName": "s", "TemplateBody": TEMPLATE, "AdministrationRoleARN": role,
             "Tags": [{"Key": "a", "Value": "b"}]}  # fmt: skip
    rights: list[str] = ["cloudformation:CreateStackSet"]
    for lacking in ("cloudformation:TagResource", "iam:PassRole"):
        cloudformation = client("cloudformation", key=session(world, allow(rights)))
        assert f"not authorized to perform: {lacking} on" in refusal(cloudformation.create_stack_set, **asked)[1]
        rights.append(lacking)

    assert client("cloudformation", key=session(world, allow(rights))).create_stack_set(**asked)["StackSetId"]


def test_a_bulk_deletion_of_versions_needs_its_own_right(world: World, client: Connect) -> None:
    client("s3").create_bucket(Bucket="our-files")
    s3 = client("s3", key=session(world, allow(["s3:DeleteObject", "s3:ListBucket"])))

    doomed = {"Objects": [{"Key": "a", "VersionId": "null"}]}
    assert "s3:DeleteObjectVersion" in refusal(s3.delete_objects, Bucket="our-files", Delete=doomed)[1]
    assert s3.delete_objects(Bucket="our-files", Delete={"Objects": [{"Key": "a"}]})


def test_tags_and_ownership_in_a_header_need_their_own_right(world: World, client: Connect) -> None:
    s3 = client("s3", key=session(world, allow(["s3:CreateBucket", "s3:PutObject"])))

    asked = {"Bucket": "our-files", "ObjectOwnership": "BucketOwnerEnforced"}
    assert "s3:PutBucketOwnershipControls" in refusal(s3.create_bucket, **asked)[1]
    s3.create_bucket(Bucket="our-files")
    assert "s3:PutObjectTagging" in refusal(s3.put_object, Bucket="our-files", Key="a", Tagging="a=b")[1]


def test_a_role_is_assumed_only_by_who_may(world: World, client: Connect) -> None:
    asked = {"RoleSessionName": "me", "ExternalId": "patchportal-demo"}
    role = f"arn:aws:iam::{MEMBER}:role/PatchPortal-ReadOnly"

    sts = client("sts", key=session(world, allow("sts:AssumeRole", "arn:aws:iam::*:role/Another")))
    assert f"sts:AssumeRole on resource: {role}" in refusal(sts.assume_role, RoleArn=role, **asked)[1]
    sts = client("sts", key=session(world, allow("sts:AssumeRole", "arn:aws:iam::*:role/PatchPortal-*")))
    assert sts.assume_role(RoleArn=role, **asked)["Credentials"]


def test_a_stack_works_with_the_rights_of_who_asked_for_it(world: World, client: Connect) -> None:
    cloudformation = client("cloudformation", key=session(world, allow("cloudformation:*")))
    cloudformation.create_stack(StackName="notes", TemplateBody=TEMPLATE)
    world.clock.advance(timedelta(minutes=5))
    world.tick()

    events = client("cloudformation").describe_stack_events(StackName="notes")["StackEvents"]
    assert any("ssm:CreateDocument" in event.get("ResourceStatusReason", "") for event in events)


def instance_of_a_set(world: World, client: Connect) -> dict[str, Any]:
    """The one instance, here, of a new self-managed set with the roles of Quick Setup."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="AWS-QuickSetup-notes",
        TemplateBody=TEMPLATE,
        AdministrationRoleARN=f"arn:aws:iam::{MANAGEMENT}:role/{ADMINISTRATION_ROLE}",
        ExecutionRoleName=EXECUTION_ROLE,
    )
    cloudformation.create_stack_instances(
        StackSetName="AWS-QuickSetup-notes", Accounts=[MANAGEMENT], Regions=["us-east-1"]
    )
    world.clock.advance(timedelta(hours=1))
    told = cloudformation.list_stack_instances(StackSetName="AWS-QuickSetup-notes")["Summaries"]
    return dict(told[0])


def test_a_self_managed_set_works_with_what_its_roles_may(world: World, client: Connect) -> None:
    assert instance_of_a_set(world, client)["Status"] == "CURRENT"


@pytest.mark.parametrize(
    ("role", "lacking"),
    [
        (ADMINISTRATION_ROLE, f"should have '{EXECUTION_ROLE}' role with trust relationship"),
        (EXECUTION_ROLE, f"assumed-role/{EXECUTION_ROLE}/AWSCloudFormation is not authorized to perform:"
                         " cloudformation:CreateStack"),
    ],
)  # fmt: skip
def test_a_self_managed_set_fails_when_one_of_its_roles_may_nothing(
    world: World, client: Connect, role: str, lacking: str
) -> None:
    found = world.account(MANAGEMENT).roles[role]
    found.attached, found.inline = [], {}

    assert lacking in instance_of_a_set(world, client)["StatusReason"]


def test_a_runbook_works_with_the_rights_of_its_assume_role(world: World) -> None:
    session(world, allow("ssm:ListAssociations"))
    trust = {"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}
    world.account(MANAGEMENT).roles["y"].trust = document(trust)
    steps = [{"name": action, "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": action}}
             for action in ("ListAssociations", "ListCommands")]  # fmt: skip
    content = {"assumeRole": f"arn:aws:iam::{MANAGEMENT}:role/y", "mainSteps": steps}

    failure = run_automation(world, content, {}, Principal(MANAGEMENT), "us-east-1")

    assert "executing ListCommands: AccessDeniedException" in failure
    assert "assumed-role/y/Automation is not authorized to perform: ssm:ListCommands" in failure


def test_a_kept_world_goes_on_enforcing(world: World, tmp_path: Path) -> None:
    save(world, tmp_path / "w.world")

    assert load(tmp_path / "w.world").enforces_iam


def test_every_kind_belongs_to_an_operation_that_is_answered() -> None:
    assert set(KINDS) - set(OPERATIONS) == set()
    assert set(TAGGING) - set(OPERATIONS) == set()
    assert set(FURTHER) - set(OPERATIONS) == set()
