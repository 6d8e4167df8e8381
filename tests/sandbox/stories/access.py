"""IAM, STS, the account and its groups and tags: who may what, and what lies where."""

from __future__ import annotations

from tests.sandbox.conftest import MANAGEMENT, MEMBER
from tests.sandbox.terminal import Scene, refusal

EC2 = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
BOUNDARY = "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyPermissionsBoundary"


def a_role_is_made_used_and_removed(scene: Scene) -> None:
    aws = scene.shell.run
    aws("iam create-role --role-name made", assume_role_policy_document=EC2)
    aws("iam update-role --role-name made --description Mine --max-session-duration 7200")
    aws("iam update-assume-role-policy --role-name made", policy_document=EC2)
    aws("iam put-role-permissions-boundary --role-name made", permissions_boundary=BOUNDARY)
    told = aws("iam get-role --role-name made")["Role"]
    assert (told["Description"], told["PermissionsBoundary"]["PermissionsBoundaryArn"]) == ("Mine", BOUNDARY)
    aws("iam delete-role-permissions-boundary --role-name made")
    assert "made" in [role["RoleName"] for role in aws("iam list-roles")["Roles"]]

    aws("iam tag-role --role-name made --tags Key=a,Value=b Key=c,Value=d")
    aws("iam untag-role --role-name made --tag-keys a")
    assert aws("iam list-role-tags --role-name made")["Tags"] == [{"Key": "c", "Value": "d"}]

    aws("iam put-role-policy --role-name made --policy-name read", policy_document=READ)
    assert aws("iam get-role-policy --role-name made --policy-name read")["PolicyDocument"] == READ
    assert aws("iam list-role-policies --role-name made")["PolicyNames"] == ["read"]
    assert refusal(scene.shell, "iam delete-role --role-name made") == "DeleteConflict"
    aws("iam delete-role-policy --role-name made --policy-name read")
    aws("iam delete-role --role-name made")
    assert refusal(scene.shell, "iam get-role --role-name made") == "NoSuchEntity"


def rights_are_told_without_being_used(scene: Scene) -> None:
    aws = scene.shell.run
    source = f"arn:aws:iam::{MANAGEMENT}:role/app-server"
    ask = f"iam simulate-principal-policy --policy-source-arn {source} --action-names ssm:GetDocument s3:GetObject"
    told = aws(ask)["EvaluationResults"]
    assert [(each["EvalActionName"], each["EvalDecision"]) for each in told] == [
        ("ssm:GetDocument", "allowed"), ("s3:GetObject", "implicitDeny"),
    ]  # fmt: skip


def a_policy_is_kept_in_versions_and_attached(scene: Scene) -> None:
    aws = scene.shell.run
    arn = aws("iam create-policy --policy-name mine", policy_document=READ)["Policy"]["Arn"]
    aws(f"iam create-policy-version --policy-arn {arn} --set-as-default", policy_document=EC2 | READ)
    assert aws(f"iam get-policy --policy-arn {arn}")["Policy"]["DefaultVersionId"] == "v2"
    told = aws(f"iam get-policy-version --policy-arn {arn} --version-id v1")["PolicyVersion"]
    assert (told["Document"], told["IsDefaultVersion"]) == (READ, False)
    aws(f"iam delete-policy-version --policy-arn {arn} --version-id v1")
    versions = aws(f"iam list-policy-versions --policy-arn {arn}")["Versions"]
    assert [version["VersionId"] for version in versions] == ["v2"]

    for policy in (arn, CORE):
        aws(f"iam attach-role-policy --role-name legacy-server --policy-arn {policy}")
    attached = aws("iam list-attached-role-policies --role-name legacy-server")["AttachedPolicies"]
    assert {policy["PolicyArn"] for policy in attached} == {arn, CORE}
    assert [p["Arn"] for p in aws("iam list-policies --scope Local --only-attached")["Policies"]] == [arn]
    held = aws(f"iam list-entities-for-policy --policy-arn {arn} --entity-filter Role")["PolicyRoles"]
    assert [role["RoleName"] for role in held] == ["legacy-server"]
    aws(f"iam detach-role-policy --role-name legacy-server --policy-arn {arn}")
    aws(f"iam delete-policy --policy-arn {arn}")
    assert refusal(scene.shell, f"iam get-policy --policy-arn {arn}") == "NoSuchEntity"


def an_instance_profile_carries_a_role(scene: Scene) -> None:
    aws = scene.shell.run
    aws("iam create-instance-profile --instance-profile-name mine")
    aws("iam add-role-to-instance-profile --instance-profile-name mine --role-name legacy-server")
    told = aws("iam get-instance-profile --instance-profile-name mine")["InstanceProfile"]
    assert [role["RoleName"] for role in told["Roles"]] == ["legacy-server"]
    found = aws("iam list-instance-profiles-for-role --role-name legacy-server")["InstanceProfiles"]
    assert {profile["InstanceProfileName"] for profile in found} == {"mine", "legacy-server"}
    aws("iam remove-role-from-instance-profile --instance-profile-name mine --role-name legacy-server")
    aws("iam delete-instance-profile --instance-profile-name mine")
    names = [p["InstanceProfileName"] for p in aws("iam list-instance-profiles")["InstanceProfiles"]]
    assert "legacy-server" in names
    assert "mine" not in names


def the_administrator_is_tagged(scene: Scene) -> None:
    aws = scene.shell.run
    aws("iam tag-user --user-name administrator --tags Key=a,Value=b Key=c,Value=d")
    aws("iam untag-user --user-name administrator --tag-keys c")
    assert aws("iam list-user-tags --user-name administrator")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert aws("iam list-account-aliases")["AccountAliases"] == ["example-management"]


def the_administrator_gets_other_policies(scene: Scene) -> None:
    aws, user = scene.shell.run, "--user-name administrator"
    aws(f"iam put-user-policy {user} --policy-name read", policy_document=READ)
    assert aws(f"iam get-user-policy {user} --policy-name read")["PolicyDocument"] == READ
    aws(f"iam attach-user-policy {user} --policy-arn {CORE}")
    attached = aws(f"iam list-attached-user-policies {user}")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess", "AmazonSSMManagedInstanceCore"]
    aws(f"iam detach-user-policy {user} --policy-arn {CORE}")
    assert refusal(scene.shell, f"iam detach-user-policy {user} --policy-arn {CORE}") == "NoSuchEntity"
    aws(f"iam delete-user-policy {user} --policy-name read")
    assert aws(f"iam list-user-policies {user}")["PolicyNames"] == []


def a_member_is_entered_by_its_role(scene: Scene) -> None:
    assert scene.shell.run("sts get-caller-identity")["Account"] == MANAGEMENT
    member = scene.shell.in_account(MEMBER)
    assert member.run("sts get-caller-identity")["Arn"].endswith("assumed-role/OrganizationAccountAccessRole/looking")
    nowhere = "sts assume-role --role-arn arn:aws:iam::555566667777:role/none --role-session-name me"
    assert refusal(scene.shell, nowhere) == "AccessDenied"


def regions_groups_and_tags_tell_what_lies_where(scene: Scene) -> None:
    aws = scene.of(MEMBER).run
    told = aws("account list-regions --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT")["Regions"]
    assert {region["RegionName"] for region in told} == set(scene.world.organization.regions)
    assert [g["Name"] for g in aws("resource-groups list-groups")["Groups"]] == ["web-servers"]
    web = {
        r["Identifier"]["ResourceArn"]
        for r in aws("resource-groups list-group-resources --group web-servers")["Resources"]
    }
    tagged = aws("resourcegroupstaggingapi get-resources --tag-filters Key=Role,Values=web")["ResourceTagMappingList"]
    assert web == {each["ResourceARN"] for each in tagged if ":instance/" in each["ResourceARN"]} != set()
