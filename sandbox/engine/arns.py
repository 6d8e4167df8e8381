"""The ARNs by which policies name what a request is about, by the kinds of the Service Authorization Reference.

A name that stands for nothing yet still has an ARN; an id that AWS makes only with the thing is written as *.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.engine.trust import AccountTrust

if TYPE_CHECKING:
    from sandbox.engine.world import World
    from sandbox.registry import Call

Arn = Callable[["World", "Call", Mapping[str, Any], str], str]

OF_ORGANIZATIONS = {"r-": "root", "ou": "ou"}
OF_SSM_TAGS = {
    "Association": "association", "Automation": "automation-execution", "Document": "document",
    "MaintenanceWindow": "maintenancewindow", "ManagedInstance": "managed-instance", "PatchBaseline": "patchbaseline",
}  # fmt: skip
OF_EC2_IDS = {"i": "instance", "vpce": "vpc-endpoint"}


def role_arn(account_id: str, account: AccountTrust, name: str, path: str = "/") -> str:
    """The ARN of a role with its path; `path` is that of a role which is yet to be."""
    role = account.roles.get(name)
    return f"arn:aws:iam::{account_id}:role{role.path if role else path}{name}"


def _here(service: str, kind: str) -> Arn:
    """Something of the caller's account and Region."""
    return lambda _world, call, _asked, name: f"arn:aws:{service}:{call.region}:{call.account}:{kind}/{name}"


def _of_iam(kind: str) -> Arn:
    """Something of IAM that is named without its path, which the request may give."""
    return lambda _world, call, asked, name: f"arn:aws:iam::{call.account}:{kind}{asked.get('Path') or '/'}{name}"


def _role(world: World, call: Call, asked: Mapping[str, Any], name: str) -> str:
    return role_arn(call.account, world.account(call.account), name, asked.get("Path") or "/")


def _itself(_world: World, _call: Call, _asked: Mapping[str, Any], arn: str) -> str:
    return arn


def _account(_world: World, call: Call, _asked: Mapping[str, Any], _name: str) -> str:
    return f"arn:aws:account::{call.account}:account"


def _document(_world: World, call: Call, _asked: Mapping[str, Any], name: str) -> str:
    """AWS's own documents belong to no account."""
    owner = "" if name.startswith(("AWS-", "AWSQuickSetup")) else call.account
    return f"arn:aws:ssm:{call.region}:{owner}:document/{name}"


def _node(_world: World, call: Call, _asked: Mapping[str, Any], node_id: str) -> str:
    """A hybrid node is Systems Manager's, any other one EC2's."""
    kind = "ssm:{}:{}:managed-instance" if node_id.startswith("mi-") else "ec2:{}:{}:instance"
    return f"arn:aws:{kind.format(call.region, call.account)}/{node_id}"


def _ssm_tagged(_world: World, call: Call, asked: Mapping[str, Any], name: str) -> str:
    return f"arn:aws:ssm:{call.region}:{call.account}:{OF_SSM_TAGS[asked['ResourceType']]}/{name}"


def _ec2_tagged(_world: World, call: Call, _asked: Mapping[str, Any], resource_id: str) -> str:
    kind = OF_EC2_IDS.get(resource_id.split("-")[0], "*")
    return f"arn:aws:ec2:{call.region}:{call.account}:{kind}/{resource_id}"


def _in_organization(world: World, _call: Call, _asked: Mapping[str, Any], name: str) -> str:
    """A root, unit or account; all belong to the management account."""
    organization = world.organization
    kind = OF_ORGANIZATIONS.get(name[:2], "account")
    return f"arn:aws:organizations::{organization.management_id}:{kind}/{organization.organization_id}/{name}"


def _stack(world: World, call: Call, _asked: Mapping[str, Any], name: str) -> str:
    here = world.stack_sets.stacks.within(call.account, call.region)
    found = next((s.stack_id for s in here if s.name == name and s.is_there), None)
    return found or f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/*"


def _stack_set(world: World, call: Call, asked: Mapping[str, Any], name: str) -> str:
    """A set lies in the account that administers it; its id follows its name."""
    delegated = asked.get("CallAs") == "DELEGATED_ADMIN"
    account_id = world.organization.management_id if delegated else call.account
    found = world.stack_sets.sets.get((account_id, call.region, name.split(":")[0]))
    known = found.stack_set_id if found else f"{name.split(':')[0]}:*"
    return f"arn:aws:cloudformation:{call.region}:{account_id}:stackset/{known}"


ARNS: dict[str, Arn] = {
    "account": _account,
    "arn": _itself,
    "association": _here("ssm", "association"),
    "automation": _here("ssm", "automation-execution"),
    "baseline": _here("ssm", "patchbaseline"),
    "document": _document,
    "ec2 tagged": _ec2_tagged,
    "endpoint": _here("ec2", "vpc-endpoint"),
    "group": _here("resource-groups", "group"),
    "in organization": _in_organization,
    "instance": _here("ec2", "instance"),
    "instance profile": _of_iam("instance-profile"),
    "node": _node,
    "policy": _of_iam("policy"),
    "role": _role,
    "runbook": lambda _w, call, _a, name: f"arn:aws:ssm:{call.region}:{call.account}:automation-definition/{name}:*",
    "ssm tagged": _ssm_tagged,
    "stack": _stack,
    "stack set": _stack_set,
    "user": _of_iam("user"),
    "window": _here("ssm", "maintenancewindow"),
    "window target": _here("ssm", "windowtarget"),
    "window task": _here("ssm", "windowtask"),
}
"""How the ARN of each kind is made of (world, call, the request's parameters, the name or id that it gives)."""


def arn_of(kind: str, world: World, call: Call, asked: Mapping[str, Any], name: str) -> str:
    """The ARN of what a request names; one that it names by its ARN is that."""
    return name if name.startswith("arn:") else ARNS[kind](world, call, asked, name)
