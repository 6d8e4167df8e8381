"""Organizations: accounts made, closed, removed, and leaving by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.membership import ACCESS_ROLE, complete_request, find_account, leave, suspend
from sandbox.engine.organization import Account, AccountRequest
from sandbox.engine.world import World, event
from sandbox.operations.organizations import list_page, management_only, members_only, readers_only
from sandbox.registry import Call, Parameters, operation

TAKES_TO_MAKE = timedelta(minutes=2)
TAKES_TO_CLOSE = timedelta(minutes=1)
CLOSING_WINDOW = timedelta(days=30)
FEWEST_CLOSINGS = 10
WAIT_BEFORE_LEAVING = timedelta(days=4)


@operation("organizations", "CreateAccount", takes="Email AccountName RoleName Tags", moot="IamUserAccessToBilling")
def create_account(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Ask for a new account in the root; it is there some minutes later."""
    management_only(world, call)
    request = AccountRequest(
        "car-" + world.uuid().replace("-", ""),
        parameters["AccountName"],
        parameters["Email"],
        parameters.get("RoleName") or ACCESS_ROLE,
        world.now(),
    )
    world.organization.requests[request.request_id] = request
    if parameters.get("Tags"):
        world.organization.tags[request.request_id] = {t["Key"]: t["Value"] for t in parameters["Tags"]}
    world.timeline.at(world.now() + TAKES_TO_MAKE, "account made", request.request_id)
    return {"CreateAccountStatus": _show(request)}


@event("account made")
def account_made(world: World, request_id: str) -> None:
    """The account that was asked for comes to be, or does not."""
    complete_request(world, world.organization.requests[request_id])


@operation("organizations", "DescribeCreateAccountStatus", takes="CreateAccountRequestId")
def describe_create_account_status(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How a request for an account goes."""
    readers_only(world, call)
    request = world.organization.requests.get(parameters["CreateAccountRequestId"])
    if request is None:
        raise AwsError("CreateAccountStatusNotFoundException", "You specified a request that doesn't exist.")
    return {"CreateAccountStatus": _show(request)}


@operation("organizations", "ListCreateAccountStatus", takes="States MaxResults NextToken")
def list_create_account_status(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The requests for accounts, by state."""
    readers_only(world, call)
    wanted = parameters.get("States")
    shown = [_show(r) for r in world.organization.requests.values() if not wanted or r.state in wanted]
    return list_page("CreateAccountStatuses", shown, parameters)


def _show(request: AccountRequest) -> dict[str, Any]:
    told = {
        "Id": request.request_id,
        "AccountName": request.name,
        "State": request.state,
        "RequestedTimestamp": request.requested_at,
        "CompletedTimestamp": request.completed_at,
        "AccountId": request.account_id,
        "FailureReason": request.failure,
    }
    return {k: v for k, v in told.items() if v}


@operation("organizations", "CloseAccount", takes="AccountId")
def close_account(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Close a member account: pending at first, then suspended; ten, or a tenth of all, within thirty days."""
    management_only(world, call)
    account, organization = find_account(world, parameters["AccountId"]), world.organization
    if account.account_id == organization.management_id:
        raise AwsError("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    if organization.is_delegated(account.account_id):
        raise AwsError("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if account.status != "ACTIVE":
        raise AwsError("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
    since = world.now() - CLOSING_WINDOW
    closed = sum(bool(a.closed_at and a.closed_at > since) for a in organization.accounts.values())
    if closed >= max(FEWEST_CLOSINGS, len(organization.accounts) // 10):
        raise AwsError("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
    account.status, account.closed_at = "PENDING_CLOSURE", world.now()
    world.timeline.at(world.now() + TAKES_TO_CLOSE, "account closed", account.account_id)
    return {}


@event("account closed")
def account_closed(world: World, account_id: str) -> None:
    """A closed account is suspended for ninety days; longer than this sandbox waits."""
    account = world.organization.accounts.get(account_id)
    if account and account.status == "PENDING_CLOSURE":
        suspend(world, account_id)


@operation("organizations", "RemoveAccountFromOrganization", takes="AccountId")
def remove_account(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Make a member a lone account."""
    management_only(world, call)
    account = find_account(world, parameters["AccountId"])
    _check_age(world, account)
    leave(world, account.account_id)
    return {}


@operation("organizations", "LeaveOrganization", takes="")
def leave_organization(world: World, call: Call, _parameters: Parameters) -> Parameters:
    """The calling member goes."""
    members_only(world, call)
    account = find_account(world, call.account)
    _check_age(world, account)
    leave(world, account.account_id)
    return {}


def _check_age(world: World, account: Account) -> None:
    if account.joined_at > world.now() - WAIT_BEFORE_LEAVING:
        raise AwsError("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
