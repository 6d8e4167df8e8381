"""The roles that must stand before a policy can: the pair by which CloudFormation works in the portal's own account
(aws-facts 11.6), the one through which the portal reads a member account, and one for nodes that have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.domain import naming
from policies.domain.iam import CORE_POLICY, VERSION, Document, managed_policy
from policies.domain.resources import Place


@dataclass(frozen=True)
class Role:
    """An IAM role as it is to be made: who may take it, its inline policies by name, the managed ones by ARN.

    `has_profile`: with an instance profile of its name.
    """

    name: str
    description: str
    trust: Document
    inline: Mapping[str, Document] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    has_profile: bool = False


def administration_role(place: Place) -> Role:
    """CloudFormation takes it for the stack sets of policies in this account alone, to hand over to the other role."""
    only_ours = {
        "StringEquals": {"aws:SourceAccount": place.account_id},
        "ArnLike": {
            "aws:SourceArn": f"arn:{place.partition}:cloudformation:*:{place.account_id}:stackset/AWS-QuickSetup-*"
        },
    }
    hand_over = _statement({"Action": "sts:AssumeRole", "Resource": _role_arn(place, naming.EXECUTION_ROLE)})
    return Role(
        name=naming.ADMINISTRATION_ROLE,
        description="CloudFormation deploys patch policies in this account with it.",
        trust=_trust({"Service": "cloudformation.amazonaws.com"}, only_ours),
        inline={"TakeExecutionRole": hand_over},
    )


def execution_role(place: Place) -> Role:
    """Deploys a policy's stacks, by the policy that AWS manages for Quick Setup.

    It trusts the administration role by a condition: a role that IAM has just made cannot yet be named as a principal.
    """
    only_administration = {"ArnEquals": {"aws:PrincipalArn": _role_arn(place, naming.ADMINISTRATION_ROLE)}}
    return Role(
        name=naming.EXECUTION_ROLE,
        description="Deploys the stacks of patch policies in this account.",
        trust=_trust({"AWS": _root(place)}, only_administration),
        attached=(managed_policy(naming.DEPLOYMENT_POLICY, place.partition),),
    )


def observer_role(place: Place, name: str, external_id: str, may: Document) -> Role:
    """Lets the portal's account read in a member account, with the external id that was agreed on."""
    return Role(
        name=name,
        description="PatchPortal reads nodes and their patch compliance with it.",
        trust=_trust({"AWS": _root(place)}, {"StringEquals": {"sts:ExternalId": external_id}}),
        inline={"ReadNodes": may},
    )


def runner_role(place: Place, name: str, external_id: str, may: Document) -> Role:
    """Lets the portal's account scan and install at once in a member account, with the same external id."""
    return Role(
        name=name,
        description="PatchPortal scans and patches nodes at once with it.",
        trust=_trust({"AWS": _root(place)}, {"StringEquals": {"sts:ExternalId": external_id}}),
        inline={"RunPatches": may},
    )


def node_role(place: Place) -> Role:
    """For EC2 instances that have none: lets their agent in to Systems Manager."""
    return Role(
        name="PatchPortal-Node",
        description="Lets instances be managed by Systems Manager.",
        trust=_trust({"Service": "ec2.amazonaws.com"}),
        attached=(managed_policy(CORE_POLICY, place.partition),),
        has_profile=True,
    )


def _trust(principal: Document, condition: Document | None = None) -> Document:
    told = {"Principal": principal, "Action": "sts:AssumeRole"}
    return _statement({**told, "Condition": condition} if condition else told)


def _statement(facts: dict[str, Any]) -> Document:
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", **facts}]}


def _root(place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account_id}:root"


def _role_arn(place: Place, name: str) -> str:
    return f"arn:{place.partition}:iam::{place.account_id}:role/{name}"
