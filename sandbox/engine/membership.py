"""Accounts join, move, are suspended and leave; what hangs on where one lies hears of it by "account placed".

Called by the Organizations operations and by the sandbox's own door. All raise AwsError in Organizations' words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.engine.errors import AwsError
from sandbox.engine.organization import Account, AccountRequest, Unit
from sandbox.engine.trust import Role

if TYPE_CHECKING:
    from sandbox.engine.world import World

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
NOTICED_AFTER = timedelta(seconds=1)
MOST_UNITS, DEEPEST = 2000, 5
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def join(world: World, name: str, unit_id: str = "", *, address: str = "", role_name: str = ACCESS_ROLE) -> Account:
    """A new account in a unit (the root when none is named), with the role by which the management account enters."""
    organization = world.organization
    parent = find_unit(world, unit_id or organization.root_id, "DestinationParentNotFoundException")
    account_id = _free_account_id(world)
    account = Account(account_id, name, parent.unit_id, world.now(), address=address)
    organization.accounts[account_id] = account
    _add_access_role(world, account_id, role_name)
    _tell(world, account_id)
    return account


def move(world: World, account_id: str, unit_id: str) -> None:
    """Put an account into another unit."""
    account = find_account(world, account_id)
    account.parent_id = find_unit(world, unit_id, "DestinationParentNotFoundException").unit_id
    _tell(world, account_id)


def suspend(world: World, account_id: str) -> None:
    """An account that AWS or its owner has suspended stays in its unit, and nothing reaches it."""
    if account_id == world.organization.management_id:
        raise AwsError("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    find_account(world, account_id).status = "SUSPENDED"


def resume(world: World, account_id: str) -> None:
    """A suspended account is active again."""
    account = find_account(world, account_id)
    account.status, account.closed_at = "ACTIVE", None


def leave(world: World, account_id: str) -> None:
    """An account becomes a lone one; it keeps its roles and stacks until someone removes them."""
    organization = world.organization
    find_account(world, account_id)
    if account_id == organization.management_id:
        raise AwsError("MasterCannotLeaveOrganizationException", "The management account cannot leave.")
    if organization.is_delegated(account_id):
        raise AwsError("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    del organization.accounts[account_id]
    organization.tags.pop(account_id, None)
    _tell(world, account_id)


def add_unit(world: World, name: str, parent_id: str) -> Unit:
    """A new unit below another, 2,000 at most and five levels deep."""
    organization = world.organization
    parent = find_unit(world, parent_id, "ParentNotFoundException")
    if len(organization.units) - 1 >= MOST_UNITS:
        raise AwsError("ConstraintViolationException", "OU_NUMBER_LIMIT_EXCEEDED")
    if len(organization.ancestors(parent_id)) >= DEEPEST:
        raise AwsError("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")
    check_unit_name(world, name, parent_id)
    root = organization.root_id.removeprefix("r-")
    unit = Unit(f"ou-{root}-{_letters(world, 8)}", name, parent.unit_id)
    organization.units[unit.unit_id] = unit
    return unit


def check_unit_name(world: World, name: str, parent_id: str) -> None:
    """Raises DuplicateOrganizationalUnitException when a unit of the same parent has the name."""
    if any((u.name, u.parent_id) == (name, parent_id) for u in world.organization.units.values()):
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


def complete_request(world: World, request: AccountRequest) -> None:
    """End a request to create an account: with the account, or with the reason why there is none."""
    organization = world.organization
    request.completed_at = world.now()
    if len(organization.accounts) >= organization.account_quota:
        request.failure = "ACCOUNT_LIMIT_EXCEEDED"
    elif any(a.email == request.address for a in organization.accounts.values()):
        request.failure = "EMAIL_ALREADY_EXISTS"
    else:
        made = join(world, request.name, address=request.address, role_name=request.role_name)
        request.account_id = made.account_id
        organization.tags[made.account_id] = organization.tags.pop(request.request_id, {})


def find_account(world: World, account_id: str) -> Account:
    """An account of the organization."""
    found = world.organization.accounts.get(account_id)
    if found is None:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return found


def find_unit(world: World, unit_id: str, code: str = "OrganizationalUnitNotFoundException") -> Unit:
    """A unit or the root; `code` is the error of one that is not there."""
    found = world.organization.units.get(unit_id)
    if found is None:
        raise AwsError(code, f"You specified a root or organizational unit that doesn't exist: {unit_id}")
    return found


def _tell(world: World, account_id: str) -> None:
    world.timeline.at(world.now() + NOTICED_AFTER, "account placed", account_id)


def _free_account_id(world: World) -> str:
    while True:
        drawn = f"{int(world.chance('account', world.next_serial()) * 9e11) + 10**11:012d}"
        if drawn not in world.trust:
            return drawn


def _letters(world: World, count: int) -> str:
    return "".join(LETTERS[int(world.chance("letter", world.next_serial()) * len(LETTERS))] for _ in range(count))


def _add_access_role(world: World, account_id: str, name: str) -> None:
    principal = {"AWS": f"arn:aws:iam::{world.organization.management_id}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role_id = "AROA" + world.uuid("role", account_id, name).replace("-", "")[:17].upper()
    world.account(account_id).roles[name] = Role(name, role_id, world.now(), trust, attached=[ADMINISTRATOR])
