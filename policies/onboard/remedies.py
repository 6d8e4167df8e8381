"""What mends a finding, ready to paste: for the AWS command line, CloudFormation and Terraform, where each can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from policies.aws.groundwork import STACK_SETS_PRINCIPAL
from policies.domain.canonical import readable
from policies.domain.resources import Place
from policies.domain.roles import Role, administration_role, execution_role, node_role, observer_role, runner_role
from policies.domain.sentence import N_
from policies.management.commands.print_iam_policy import member_policy, portal_policy, runner_policy
from policies.plan.groundwork import block, roles_commands, roles_template, roles_terraform

COMMAND_LINE, CLOUDFORMATION, TERRAFORM = N_("AWS CLI"), N_("CloudFormation"), N_("Terraform")
POLICY_FILE = "patchportal-policy.json"


@dataclass(frozen=True)
class Remedy:
    """A text to copy; `label` says what takes it."""

    label: str
    text: str


def remedies_for(slug: str, place: Place) -> tuple[Remedy, ...]:
    """What mends the check of this slug, for a portal that lives in this place."""
    return REMEDIES[slug](place)


def local_roles(place: Place) -> tuple[Role, Role]:
    """The pair by which CloudFormation works in the portal's own account."""
    return administration_role(place), execution_role(place)


def member_roles(place: Place) -> tuple[Role, Role]:
    """The roles through which the portal reads a member account and runs there at once, as the settings name them."""
    return (
        observer_role(place, settings.AWS_READ_ROLE_NAME, settings.AWS_EXTERNAL_ID, member_policy()),
        runner_role(place, settings.AWS_RUN_ROLE_NAME, settings.AWS_EXTERNAL_ID, runner_policy()),
    )


def _identity(_place: Place) -> tuple[Remedy, ...]:
    return (Remedy(COMMAND_LINE, "aws sts get-caller-identity"),)


def _rights(_place: Place) -> tuple[Remedy, ...]:
    document = readable(portal_policy())
    command = (
        f"python manage.py print_iam_policy > {POLICY_FILE}\n"
        f"aws iam create-policy --policy-name PatchPortal --policy-document file://{POLICY_FILE}"
    )
    made = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": portal_policy()}}
    return (
        Remedy(N_("IAM policy"), document),
        Remedy(COMMAND_LINE, command),
        Remedy(CLOUDFORMATION, readable({"Resources": {"PatchPortalPolicy": made}})),
        Remedy(TERRAFORM, block("aws_iam_policy", "patchportal", {"name": "PatchPortal", "policy": portal_policy()})),
    )


def _home_region(place: Place) -> tuple[Remedy, ...]:
    return (Remedy(COMMAND_LINE, f"aws account enable-region --region-name {place.home_region}"),)


def _activation(_place: Place) -> tuple[Remedy, ...]:
    trusted = {"aws_service_access_principals": [STACK_SETS_PRINCIPAL]}
    return (
        Remedy(COMMAND_LINE, "aws cloudformation activate-organizations-access"),
        Remedy(TERRAFORM, block("aws_organizations_organization", "this", trusted)),
    )


def _for_roles(*roles: Role) -> tuple[Remedy, ...]:
    return (
        Remedy(COMMAND_LINE, roles_commands(roles)),
        Remedy(CLOUDFORMATION, readable(roles_template(roles))),
        Remedy(TERRAFORM, roles_terraform(roles)),
    )


REMEDIES: dict[str, Callable[[Place], tuple[Remedy, ...]]] = {
    "identity": _identity,
    "rights": _rights,
    "home-region": _home_region,
    "trusted-access": _activation,
    "stack-sets": _activation,
    "local-roles": lambda place: _for_roles(*local_roles(place)),
    "observer": lambda place: _for_roles(*member_roles(place)),
    "nodes": lambda place: _for_roles(node_role(place)),
}
