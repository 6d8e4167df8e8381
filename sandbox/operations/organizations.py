"""Organizations: the organization itself, the services that it trusts and the accounts that it delegates them to."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError, denied
from sandbox.engine.membership import find_account
from sandbox.engine.organization import Account
from sandbox.engine.world import World
from sandbox.paging import Show, as_it_is, page
from sandbox.registry import Call, Parameters, operation

PAGE = 20


def management_only(world: World, call: Call) -> None:
    """Refuse everyone but the management account."""
    members_only(world, call)
    if call.account != world.organization.management_id:
        raise denied(call.principal.arn, f"organizations:{call.action}")


def readers_only(world: World, call: Call) -> None:
    """Refuse everyone but the management account and delegated administrators."""
    members_only(world, call)
    if not world.organization.is_delegated(call.account):
        management_only(world, call)


def members_only(world: World, call: Call) -> None:
    """Refuse an account without an organization."""
    if call.account not in world.organization.accounts:
        raise AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")


def list_page(name: str, items: list[Any], parameters: Parameters, show: Show = as_it_is) -> Parameters:
    """A page of a list, as Organizations pages. Only what is on the page is shown."""
    told, more = page(items, parameters, default=PAGE, error="InvalidInputException")
    return {name: [show(item) for item in told], **more}


def arn_of(world: World, kind: str, name: str) -> str:
    """The ARN of a thing of the organization."""
    organization = world.organization
    return f"arn:aws:organizations::{organization.management_id}:{kind}/{organization.organization_id}/{name}"


def show_account(world: World, account: Account) -> dict[str, Any]:
    """An account as Organizations tells it."""
    return {
        "Id": account.account_id,
        "Arn": arn_of(world, "account", account.account_id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "State": account.state,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": account.joined_at,
    }


@operation("organizations", "DescribeOrganization", takes="")
def describe_organization(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The organization; every member may ask."""
    members_only(world, call)
    organization = world.organization
    return {
        "Organization": {
            "Id": organization.organization_id,
            "Arn": arn_of(world, "organization", "").rstrip("/"),
            "FeatureSet": "ALL",
            "MasterAccountArn": arn_of(world, "account", organization.management_id),
            "MasterAccountId": organization.management_id,
            "MasterAccountEmail": organization.accounts[organization.management_id].email,
        }
    }


@operation("organizations", "ListAWSServiceAccessForOrganization", takes="MaxResults NextToken")
def list_service_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The services with trusted access."""
    readers_only(world, call)
    services = world.organization.trusted_services.items()
    shown = [{"ServicePrincipal": s, "DateEnabled": at} for s, at in services]
    return list_page("EnabledServicePrincipals", shown, parameters)


@operation("organizations", "EnableAWSServiceAccess", takes="ServicePrincipal")
def enable_service_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a service trusted access; again changes nothing."""
    management_only(world, call)
    world.organization.trusted_services.setdefault(parameters["ServicePrincipal"], world.now())
    return {}


@operation("organizations", "DisableAWSServiceAccess", takes="ServicePrincipal")
def disable_service_access(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take a service's trusted access away; refused while someone administers it."""
    management_only(world, call)
    service = parameters["ServicePrincipal"]
    if any(service in services for services in world.organization.delegated.values()):
        raise AwsError("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    world.organization.trusted_services.pop(service, None)
    return {}


@operation("organizations", "RegisterDelegatedAdministrator", takes="AccountId ServicePrincipal")
def register_delegated_administrator(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Let a member account administer a service that the organization trusts."""
    management_only(world, call)
    organization, service = world.organization, parameters["ServicePrincipal"]
    account = find_account(world, parameters["AccountId"])
    if account.account_id == organization.management_id:
        raise AwsError("ConstraintViolationException", "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if account.status != "ACTIVE":
        raise AwsError("ConstraintViolationException", "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if service not in organization.trusted_services:
        raise AwsError("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    if organization.is_delegated(account.account_id, service):
        words = "The provided account is already a delegated administrator for your organization."
        raise AwsError("AccountAlreadyRegisteredException", words)
    organization.delegated.setdefault(account.account_id, {})[service] = world.now()
    return {}


@operation("organizations", "DeregisterDelegatedAdministrator", takes="AccountId ServicePrincipal")
def deregister_delegated_administrator(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take a service's administration back."""
    management_only(world, call)
    account_id = find_account(world, parameters["AccountId"]).account_id
    services = _services_of(world, account_id)
    if parameters["ServicePrincipal"] not in services:
        raise AwsError("AccountNotRegisteredException", NOT_REGISTERED)
    del services[parameters["ServicePrincipal"]]
    if not services:
        del world.organization.delegated[account_id]
    return {}


NOT_REGISTERED = "The provided account is not a registered delegated administrator for your organization."


def _services_of(world: World, account_id: str) -> dict[str, Any]:
    services = world.organization.delegated.get(account_id)
    if not services:
        raise AwsError("AccountNotRegisteredException", NOT_REGISTERED)
    return services


@operation("organizations", "ListDelegatedAdministrators", takes="ServicePrincipal MaxResults NextToken")
def list_delegated_administrators(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The delegated administrators, of one service or of any."""
    readers_only(world, call)
    wanted = parameters.get("ServicePrincipal")
    shown = [
        {**show_account(world, find_account(world, account_id)), "DelegationEnabledDate": min(services.values())}
        for account_id, services in world.organization.delegated.items()
        if not wanted or wanted in services
    ]
    return list_page("DelegatedAdministrators", shown, parameters)


@operation("organizations", "ListDelegatedServicesForAccount", takes="AccountId MaxResults NextToken")
def list_delegated_services(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The services that an account administers."""
    readers_only(world, call)
    account_id = find_account(world, parameters["AccountId"]).account_id
    services = _services_of(world, account_id).items()
    shown = [{"ServicePrincipal": s, "DelegationEnabledDate": at} for s, at in services]
    return list_page("DelegatedServices", shown, parameters)
