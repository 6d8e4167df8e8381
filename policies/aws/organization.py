"""Who is signed in, and what the organization holds: units, accounts, Regions.

The tree is read once for units and accounts alike (Organizations allows few calls a second), two calls a unit. A lone
account, or a member account that may not see the organization, gets answers about itself alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem, asking
from policies.domain.resources import Place

PERMISSIONS = {
    "account:ListRegions",
    "iam:ListAccountAliases",
    "organizations:DescribeOrganization",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "sts:GetCallerIdentity",
}

NOT_IN_USE = "AWSOrganizationsNotInUseException"
DENIED = {"AccessDenied", "AccessDeniedException"}
NO_DELEGATE = DENIED | {"AccountNotRegisteredException"}
"""Only the management account and delegated administrators may ask for delegated services."""
ENABLED_REGION = {"ENABLED", "ENABLED_BY_DEFAULT"}


@dataclass(frozen=True)
class Caller:
    """Who is signed in to AWS. Organization fields are "" for a lone account; `root_id` only for the management one.

    `delegated_services` are those that a member account administers for the organization; none when it is no delegate.
    """

    account_id: str
    alias: str
    arn: str
    is_management: bool
    organization_id: str = ""
    root_id: str = ""
    management_account_id: str = ""
    delegated_services: tuple[str, ...] = ()

    @property
    def is_member(self) -> bool:
        """Whether it belongs to an organization that another account manages."""
        return bool(self.organization_id) and not self.is_management


@dataclass(frozen=True)
class Unit:
    """An organizational unit, or the root. `path`: ids from the root down; `account_count`: in it and below it."""

    unit_id: str
    name: str
    parent_id: str
    path: str
    account_count: int

    @property
    def depth(self) -> int:
        """0 for the root."""
        return self.path.count("/")


@dataclass(frozen=True)
class AccountFact:
    """An account and the unit it lies in (`unit_path`: ids from the root down, joined by "/")."""

    account_id: str
    name: str
    unit_id: str
    unit_path: str
    is_management: bool
    is_active: bool


@dataclass(frozen=True)
class RegionFact:
    """A Region and whether the account has it enabled."""

    name: str
    is_enabled: bool


@dataclass(frozen=True)
class Organization:
    """The whole tree, parents before their children."""

    units: tuple[Unit, ...]
    accounts: tuple[AccountFact, ...]


def who(aws: Aws) -> Caller:
    """The account that the credentials belong to, its alias, and its part in an organization."""
    with asking("sts:GetCallerIdentity"):
        identity = aws.client("sts").get_caller_identity()
    account_id, arn = identity["Account"], identity["Arn"]
    organization = _describe_organization(aws)
    if not organization:
        return Caller(account_id, _alias(aws), arn, is_management=False)
    management = organization["MasterAccountId"]
    is_management = account_id == management
    root_id = _root(aws)["Id"] if is_management else ""
    services = () if is_management else _delegated_services(aws, account_id)
    return Caller(account_id, _alias(aws), arn, is_management, organization["Id"], root_id, management, services)


def place_of(caller: Caller, home_region: str) -> Place:
    """Where a policy of this caller lives."""
    partition = caller.arn.split(":")[1]
    return Place(caller.account_id, home_region, caller.organization_id, caller.root_id, partition)


def read_organization(aws: Aws) -> Organization:
    """Units and accounts in one walk. Outside the management account: no units, and the own account alone."""
    caller = who(aws)
    if not caller.is_management:
        own = AccountFact(caller.account_id, caller.alias, "", "", is_management=False, is_active=True)
        return Organization((), (own,))
    places = list(_walk(aws, _root(aws), parent_id="", path=""))
    found = {a["Id"]: _account(a, unit, caller) for unit in places for a in _accounts_in(aws, unit.unit_id)}
    accounts = tuple(found.values())  # one that is moved meanwhile is met twice
    units = tuple(_counted(unit, accounts) for unit in places)
    return Organization(units, accounts)


def list_accounts(aws: Aws) -> tuple[AccountFact, ...]:
    """Every account of the organization, or the own account alone."""
    return read_organization(aws).accounts


def list_members(aws: Aws) -> tuple[AccountFact, ...]:
    """The active accounts of the organization but the management account: those that service-managed sets reach."""
    return tuple(fact for fact in list_accounts(aws) if fact.is_active and not fact.is_management)


def list_regions(aws: Aws) -> tuple[RegionFact, ...]:
    """Every Region of the partition and whether this account has it enabled, by name."""
    with asking("account:ListRegions"):
        pages = aws.client("account").get_paginator("list_regions").paginate()
        regions = [region for page in pages for region in page["Regions"]]
    facts = (RegionFact(r["RegionName"], r["RegionOptStatus"] in ENABLED_REGION) for r in regions)
    return tuple(sorted(facts, key=lambda fact: fact.name))


def _describe_organization(aws: Aws) -> dict[str, Any]:
    try:
        with asking("organizations:DescribeOrganization"):
            answer: dict[str, Any] = aws.client("organizations").describe_organization()["Organization"]
    except PermanentProblem as problem:
        if problem.code == NOT_IN_USE:
            return {}
        raise
    return answer


def _alias(aws: Aws) -> str:
    """The account's alias; "" when it has none."""
    with asking("iam:ListAccountAliases"):
        aliases = aws.client("iam").list_account_aliases()["AccountAliases"]
    return str(aliases[0]) if aliases else ""


def _delegated_services(aws: Aws, account_id: str) -> tuple[str, ...]:
    try:
        with asking("organizations:ListDelegatedServicesForAccount"):
            paginator = aws.client("organizations").get_paginator("list_delegated_services_for_account")
            found = [each for page in paginator.paginate(AccountId=account_id) for each in page["DelegatedServices"]]
    except PermanentProblem as problem:
        if problem.code in NO_DELEGATE:
            return ()
        raise
    return tuple(sorted(service["ServicePrincipal"] for service in found))


def _root(aws: Aws) -> dict[str, Any]:
    with asking("organizations:ListRoots"):
        root: dict[str, Any] = aws.client("organizations").list_roots()["Roots"][0]
    return root


def _walk(aws: Aws, found: dict[str, Any], parent_id: str, path: str) -> Iterator[Unit]:
    unit_path = f"{path}/{found['Id']}" if path else found["Id"]
    yield Unit(found["Id"], found["Name"], parent_id, unit_path, account_count=0)
    for child in _units_in(aws, found["Id"]):
        yield from _walk(aws, child, found["Id"], unit_path)


def _units_in(aws: Aws, parent_id: str) -> list[dict[str, Any]]:
    with asking("organizations:ListOrganizationalUnitsForParent"):
        paginator = aws.client("organizations").get_paginator("list_organizational_units_for_parent")
        units = [unit for page in paginator.paginate(ParentId=parent_id) for unit in page["OrganizationalUnits"]]
    return sorted(units, key=lambda unit: str(unit["Name"]).casefold())


def _accounts_in(aws: Aws, parent_id: str) -> list[dict[str, Any]]:
    with asking("organizations:ListAccountsForParent"):
        paginator = aws.client("organizations").get_paginator("list_accounts_for_parent")
        return [account for page in paginator.paginate(ParentId=parent_id) for account in page["Accounts"]]


def _account(told: dict[str, Any], unit: Unit, caller: Caller) -> AccountFact:
    # State replaces Status, which AWS retires in September 2026; older answers have only Status.
    state = told.get("State") or told.get("Status")
    is_management = told["Id"] == caller.management_account_id
    return AccountFact(told["Id"], told["Name"], unit.unit_id, unit.path, is_management, state == "ACTIVE")


def _counted(unit: Unit, accounts: tuple[AccountFact, ...]) -> Unit:
    inside = sum(1 for account in accounts if f"{account.unit_path}/".startswith(f"{unit.path}/"))
    return Unit(unit.unit_id, unit.name, unit.parent_id, unit.path, inside)
