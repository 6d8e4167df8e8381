"""`manage.py doctor`: whether AWS is ready for patch policies, from a shell. It only looks."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.onboard.checks import Report, look, unreachable

ALL_ACCOUNTS = 100_000


class Command(BaseCommand):
    """Run the checks of the onboarding page, and exit with 1 when one of them is not fine."""

    help = "Check what must stand in AWS before the first patch policy; changes nothing"

    def add_arguments(self, parser: CommandParser) -> None:
        """How to print, and how many accounts to try."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--accounts", type=int, default=ALL_ACCOUNTS, help="member accounts to try at most")

    def handle(self, *_: Any, **asked: Any) -> None:
        """Print what was found. Raises SystemExit 1 when something needs an action or could not be checked."""
        report = _look(asked["accounts"])
        self.stdout.write(_as_json(report) if asked["json"] else _as_text(report))
        if not report.is_ready:
            raise SystemExit(1)


def _look(most_accounts: int) -> Report:
    try:
        return look(connection(), most_accounts)
    except AwsProblem as problem:
        return unreachable(problem)


def _as_text(report: Report) -> str:
    lines = (f"{finding.status.upper():8} {finding.check.title}: {finding.told}" for finding in report.findings)
    return "\n".join((*lines, "", "The page Onboarding mends what needs an action, and shows the commands that do."))


def _as_json(report: Report) -> str:
    told = [
        {"check": finding.check.slug, "status": str(finding.status), "found": str(finding.told)}
        for finding in report.findings
    ]
    return json.dumps({"ready": report.is_ready, "checks": told}, indent=2)
