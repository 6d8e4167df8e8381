"""The organization: units, accounts, who manages it, which services it trusts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

STACK_SETS_PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"


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

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '-')}@example.com"


@dataclass
class Organization:
    """Units and accounts by id."""

    organization_id: str
    root_id: str
    management_id: str
    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    trusted_services: dict[str, datetime] = field(default_factory=dict)
    regions: tuple[str, ...] = ()

    def lineage(self, account_id: str) -> tuple[str, ...]:
        """The unit ids above an account, from the root down."""
        path: list[str] = []
        unit_id = self.accounts[account_id].parent_id
        while unit_id:
            path.append(unit_id)
            unit_id = self.units[unit_id].parent_id
        return tuple(reversed(path))

    def accounts_under(self, unit_id: str) -> list[Account]:
        """The accounts in a unit and in the units below it, the management account included."""
        return [a for a in self.accounts.values() if unit_id in self.lineage(a.account_id)]

    def path_of(self, account_id: str) -> str:
        """aws:PrincipalOrgPaths of an account: o-.../r-.../ou-.../"""
        return "/".join((self.organization_id, *self.lineage(account_id))) + "/"
