"""What a call needs beside its own action: to hand on a role, to tag what it makes, to reach the targets of a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.engine.arns import arn_of, role_arn
from sandbox.engine.permissions import Need
from sandbox.engine.template_text import parse

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.registry import Call

Asked = Mapping[str, Any]
Further = Callable[["World", "Call", Asked], Iterator[Need]]

CLOUDFORMATION, EC2, SSM = "cloudformation.amazonaws.com", "ec2.amazonaws.com", "ssm.amazonaws.com"
TAGGING = {
    ("cloudformation", "CreateStackSet"): ("cloudformation:TagResource", "stack set", "StackSetName"),
    ("iam", "CreateInstanceProfile"): ("iam:TagInstanceProfile", "instance profile", "InstanceProfileName"),
    ("iam", "CreatePolicy"): ("iam:TagPolicy", "policy", "PolicyName"),
    ("iam", "CreateRole"): ("iam:TagRole", "role", "RoleName"),
    ("organizations", "CreateAccount"): ("organizations:TagResource", "in organization", ""),
    ("organizations", "CreateOrganizationalUnit"): ("organizations:TagResource", "in organization", ""),
    ("ssm", "CreateAssociation"): ("ssm:AddTagsToResource", "association", ""),
    ("ssm", "CreateDocument"): ("ssm:AddTagsToResource", "document", "Name"),
    ("ssm", "CreateMaintenanceWindow"): ("ssm:AddTagsToResource", "window", ""),
    ("ssm", "CreatePatchBaseline"): ("ssm:AddTagsToResource", "baseline", ""),
    ("sts", "AssumeRole"): ("sts:TagSession", "role", "RoleArn"),
}
"""What else one needs to tag a thing at its making, and the parameter that names it ("": it has no name yet)."""


def further_needs(world: World, call: Call, asked: Asked) -> list[Need]:
    """What the call needs beside its own action, each with the condition keys that are about it alone."""
    found = list(_tagging(world, call, asked))
    further = FURTHER.get((call.service, call.action))
    return found + (list(further(world, call, asked)) if further else [])


def _tagging(world: World, call: Call, asked: Asked) -> Iterator[Need]:
    known = TAGGING.get((call.service, call.action))
    if known and asked.get("Tags"):
        action, kind, parameter = known
        yield Need(action, arn_of(kind, world, call, asked, asked[parameter] if parameter else "*"), {})


def _pass_role(world: World, call: Call, role: str, service: str) -> Iterator[Need]:
    """The right to lend a role, named by ARN or name, to a service; none when there is no role."""
    if role:
        arn = role if role.startswith("arn:") else role_arn(call.account, world.account(call.account), role)
        yield Need("iam:PassRole", arn, {"iam:passedtoservice": [service]})


def _profile(world: World, call: Call, asked: Asked) -> Iterator[Need]:
    """EC2 gets the role that lies in the instance profile."""
    given = asked.get("IamInstanceProfile") or {}
    name = given.get("Name") or str(given.get("Arn", "")).rsplit("/", 1)[-1]
    found = world.account(call.account).profiles.get(name)
    yield from _pass_role(world, call, found.role_name if found else "", EC2)
    for specification in asked.get("TagSpecifications") or []:
        kind = specification.get("ResourceType", "*")
        yield Need("ec2:CreateTags", f"arn:aws:ec2:{call.region}:{call.account}:{kind}/*", {})


def _set_roles(world: World, call: Call, asked: Asked) -> Iterator[Need]:
    yield from _pass_role(world, call, asked.get("AdministrationRoleARN") or "", CLOUDFORMATION)


def _update_set(world: World, call: Call, asked: Asked) -> Iterator[Need]:
    """New tags and tags that go each need a right of their own (API reference: UpdateStackSet)."""
    yield from _set_roles(world, call, asked)
    yield from _reach(world, call, asked)
    found = world.stack_sets.sets.get((call.account, call.region, asked["StackSetName"]))
    if found is None or asked.get("Tags") is None:
        return
    tags, arn = {t["Key"]: t["Value"] for t in asked["Tags"]}, arn_of("stack set", world, call, asked, found.name)
    if tags.items() - found.content.tags.items():
        yield Need("cloudformation:TagResource", arn, {})
    if found.content.tags.keys() - tags.keys():
        yield Need("cloudformation:UntagResource", arn, {})


def _reach(world: World, call: Call, asked: Asked) -> Iterator[Need]:
    """An operation is judged by its targets and by the types of the template too (CFN: control access by resource)."""
    action, arn = f"cloudformation:{call.action}", arn_of("stack set", world, call, asked, asked["StackSetName"])
    told = asked.get("DeploymentTargets") or {}
    keys = {"cloudformation:targetregion": list(asked.get("Regions") or [])}
    for target in [*(told.get("OrganizationalUnitIds") or told.get("Accounts") or asked.get("Accounts") or [])]:
        yield Need(action, f"{arn.replace(':stackset/', ':stackset-target/')}/{target}", keys)
    for kind in _types(world, call, asked):
        yield Need(action, f"arn:aws:cloudformation:{call.region}::type/resource/{kind}", keys)


def _types(world: World, call: Call, asked: Asked) -> list[str]:
    found = world.stack_sets.sets.get((call.account, call.region, asked["StackSetName"].split(":")[0]))
    resources = parse(found.content.template).get("Resources", {}) if found else {}
    return sorted({str(each.get("Type", "")).replace("::", "-") for each in resources.values()})


FURTHER: dict[tuple[str, str], Further] = {
    ("cloudformation", "CreateStackInstances"): _reach,
    ("cloudformation", "CreateStackSet"): _set_roles,
    ("cloudformation", "DeleteStackInstances"): _reach,
    ("cloudformation", "UpdateStackInstances"): _reach,
    ("cloudformation", "UpdateStackSet"): _update_set,
    ("ec2", "AssociateIamInstanceProfile"): _profile,
    ("ec2", "ReplaceIamInstanceProfileAssociation"): _profile,
    ("ec2", "RunInstances"): _profile,
    ("iam", "AddRoleToInstanceProfile"): lambda world, call, asked: _pass_role(world, call, asked["RoleName"], EC2),
    # A group that is chosen by tags is looked up in the tagging API as the caller.
    ("resource-groups", "ListGroupResources"): lambda *_: iter([Need("tag:GetResources", "*", {})]),
    ("ssm", "RegisterTaskWithMaintenanceWindow"): lambda world, call, asked: _pass_role(
        world, call, asked.get("ServiceRoleArn") or "", SSM
    ),
    ("ssm", "UpdateManagedInstanceRole"): lambda world, call, asked: _pass_role(world, call, asked["IamRole"], SSM),
}
