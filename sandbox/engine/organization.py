"""The organization: units, accounts, who manages it, which services it trusts and to whom it delegates them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

STACK_SETS_PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
DEFAULT_ACCOUNT_QUOTA = 10


@dataclass
class Unit:
    """An organizational unit; the root is one too, without a parent."""

    unit_id: str
    name: str
    parent_id: str = ""


@dataclass
class Account:
    """An account and the unit it lies in."""

    account_id: str
    name: str
    parent_id: str
    joined_at: datetime
    status: str = "ACTIVE"
    address: str = ""
    closed_at: datetime | None = None

    @property
    def email(self) -> str:
        return self.address or f"{self.name.lower().replace(' ', '-')}@example.com"

    @property
    def state(self) -> str:
        """What AWS tells as State, which knows why an account is suspended."""
        return "CLOSED" if self.closed_at and self.status == "SUSPENDED" else self.status


@dataclass
class AccountRequest:
    """A request to create an account; `failure` is AWS's FailureReason."""

    request_id: str
    name: str
    address: str
    role_name: str
    requested_at: datetime
    account_id: str = ""
    failure: str = ""
    completed_at: datetime | None = None

    @property
    def state(self) -> str:
        if not self.completed_at:
            return "IN_PROGRESS"
        return "FAILED" if self.failure else "SUCCEEDED"


@dataclass
class Organization:
    """Units and accounts by id; `delegated` holds the services of each delegated administrator, with since when."""

    organization_id: str
    root_id: str
    management_id: str
    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    trusted_services: dict[str, datetime] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    delegated: dict[str, dict[str, datetime]] = field(default_factory=dict)
    requests: dict[str, AccountRequest] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    account_quota: int = DEFAULT_ACCOUNT_QUOTA

    def lineage(self, account_id: str) -> tuple[str, ...]:
        """The unit ids above an account, from the root down."""
        parent_id = self.accounts[account_id].parent_id
        return (*self.ancestors(parent_id), parent_id)

    def ancestors(self, unit_id: str) -> tuple[str, ...]:
        """The unit ids above a unit, from the root down."""
        path: list[str] = []
        while unit_id := self.units[unit_id].parent_id:
            path.append(unit_id)
        return tuple(reversed(path))

    def accounts_under(self, unit_id: str) -> list[Account]:
        """The accounts in a unit and in the units below it, the management account included."""
        below = {u for u in self.units if u == unit_id or unit_id in self.ancestors(u)}
        return [a for a in self.accounts.values() if a.parent_id in below]

    def path_of(self, account_id: str) -> str:
        """aws:PrincipalOrgPaths of an account: o-.../r-.../ou-.../"""
        return "/".join((self.organization_id, *self.lineage(account_id))) + "/"

    def is_delegated(self, account_id: str, service: str = "") -> bool:
        """Whether an account administers a service for the organization, or any when none is named."""
        services = self.delegated.get(account_id, {})
        return service in services if service else bool(services)
