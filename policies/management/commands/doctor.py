"""`manage.py doctor`: whether AWS is ready for patch policies, from a shell. It only looks.

With --canary it also tries: it deploys a scan policy to the nodes with one tag, watches it, removes it and reports.
"""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.onboard.canary import Flight, Pace, canary_spec, fly
from policies.onboard.checks import Report, look, unreachable
from policies.onboard.report import write_report

ALL_ACCOUNTS = 100_000


class Command(BaseCommand):
    """Run the checks of the onboarding page, and exit with 1 when one of them is not fine."""

    help = "Check what must stand in AWS before the first patch policy; changes nothing"

    def add_arguments(self, parser: CommandParser) -> None:
        """How to print, and how many accounts to try."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--accounts", type=int, default=ALL_ACCOUNTS, help="member accounts to try at most")
        canary = parser.add_argument_group("canary: deploy a scan policy, watch it, remove it, report")
        canary.add_argument("--canary", metavar="KEY=VALUE", help="the tag of the nodes that it may scan")
        canary.add_argument("--region", default="", help="their Region; the home Region when absent")
        canary.add_argument("--minutes", type=int, default=30, help="how long to watch at most")
        canary.add_argument("--yes", action="store_true", help="consent without being asked")
        canary.add_argument("--report", type=Path, help="a file for the report, which is Markdown")

    def handle(self, *_: Any, **asked: Any) -> None:
        """Print what was found. Raises SystemExit 1 when something needs an action or could not be checked."""
        if asked["canary"]:
            self._try(asked)
            return
        report = _look(asked["accounts"])
        self.stdout.write(_as_json(report) if asked["json"] else _as_text(report))
        if not report.is_ready:
            raise SystemExit(1)

    def _try(self, asked: dict[str, Any]) -> None:
        """Fly the canary. Raises CommandError without consent or connection, SystemExit 1 when it did not go well."""
        key, _, value = asked["canary"].partition("=")
        try:
            aws = connection()
            region = asked["region"] or aws.region
            if not asked["yes"]:
                self._ask_consent(aws.account_id, region, asked["canary"])
            spec = canary_spec(f"canary {timezone.now():%Y-%m-%d %H-%M-%S}", aws, region, key, value)
        except AwsProblem as problem:
            raise CommandError(str(problem)) from problem
        flight = fly(spec, getpass.getuser(), aws, Pace(timezone.now, time.sleep, asked["minutes"] * 60))
        self._tell(flight, write_report(flight, aws.account_id, timezone.now()), asked["report"])

    def _ask_consent(self, account_id: str, region: str, tag: str) -> None:
        self.stdout.write(
            f"This makes a bucket pair, a stack set and associations in account {account_id}, and scans the nodes with "
            f"{tag} in {region}.\nTheir roles get two policies and a tag. Nothing is installed, and all of it is "
            "removed at the end."
        )
        if input(f"Type {account_id} to go on: ").strip() != account_id:
            raise CommandError("no consent: nothing was done")

    def _tell(self, flight: Flight, report: str, path: Path | None) -> None:
        self.stdout.write(report)
        if path:
            path.write_text(report)
        if flight.ended or not flight.is_clean:
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
