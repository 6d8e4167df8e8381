"""The canary's report to keep, as Markdown. Like every command's output it is English."""

from __future__ import annotations

from datetime import datetime

from policies.domain.unverified import FACTS, Fact, Observed, Verdict
from policies.onboard.canary import Flight

WORDS = {Verdict.HOLDS: "holds", Verdict.DIFFERS: "**does not hold**", Verdict.OPEN: "open"}


def write_report(flight: Flight, account_id: str, at: datetime) -> str:
    """What was flown over, each fact with its verdict, and whether all of it is gone."""
    lines = (
        f"# Canary over account {account_id}",
        "",
        f"{at:%Y-%m-%d %H:%M} UTC. {_flown(flight)}",
        "",
        "| Fact | Verdict | Seen | If it does not hold |",
        "|---|---|---|---|",
        *(_row(fact, flight.seen) for fact in FACTS),
        "",
        _left(flight),
    )
    return "\n".join(lines) + "\n"


def _flown(flight: Flight) -> str:
    if flight.policy is None:
        return f"Nothing was deployed. {flight.ended}"
    [region] = flight.policy.asked.targets.regions
    target = f"{flight.policy.asked.targets.tag_key}={flight.policy.asked.targets.tag_value}"
    nodes = f"{len(flight.seen.scans)} nodes with {target} in {region}"
    return f"Policy {flight.policy.configuration_id}, {nodes}." + (
        f" Ended early: {flight.ended}" if flight.ended else ""
    )


def _row(fact: Fact, seen: Observed) -> str:
    verdict, said = fact.judge(seen)
    otherwise = fact.otherwise if verdict != Verdict.HOLDS else "-"
    cells = (fact.assumed, WORDS[verdict], said, otherwise)
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _left(flight: Flight) -> str:
    if flight.is_clean:
        return "It was removed, and nothing of it is left in AWS."
    return "Left in AWS; delete the policy in the portal again: " + ", ".join(flight.seen.left)
