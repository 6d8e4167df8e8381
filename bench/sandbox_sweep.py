"""How long boto3 takes to read the whole large world: associations and compliance of 1,000 accounts x 16 Regions.

`python -m bench.sandbox_sweep [--processes 1] [--sweeps 2]`: one client for each Region in each process, the account's
credentials taken from a context variable. The first sweep also makes what nobody has looked at yet.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

from bench.served import HOST, Served, serve_world
from bench.targets import at_most
from sandbox.engine.trust import access_key

MANAGEMENT = "111122223333"
PAGE = 50
ACCOUNT: ContextVar[str] = ContextVar("account", default=MANAGEMENT)


@dataclass(frozen=True)
class Swept:
    """What one process has read, and the CPU it took for it."""

    calls: int
    rows: int
    cpu_seconds: float


class AccountInContext:
    """Credentials, as botocore asks for them, of the account that the context names: one client serves all accounts."""

    method = "context"

    def get_frozen_credentials(self) -> Any:
        """What the next request is signed with."""
        return ReadOnlyCredentials(access_key(ACCOUNT.get()), "secret", None)

    def get_deferred_property(self, _name: str) -> Callable[[], None]:
        """The account in the address of a service: none, the address is given."""
        return lambda: None


def main() -> None:
    """Print start-up, memory, and for each sweep its seconds, calls a second, and where the CPU went."""
    asked = _read_arguments()
    with serve_world("large") as served:
        print(at_most("start of the large world", served.start_seconds, 20, " s"))
        print(f"{served.memory_mib():.0f} MiB")
        accounts, regions = read_places(served.port)
        print(f"{len(accounts)} accounts x {len(regions)} Regions, {asked.processes} client process(es)")
        for number in range(asked.sweeps):
            print(f"sweep {number + 1}: {measure(served, accounts, regions, asked.processes)}")


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox_sweep", description=__doc__)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--sweeps", type=int, default=2)
    return parser.parse_args()


def connect() -> boto3.session.Session:
    """A session whose clients sign for the account in the context and speak to the sandbox alone."""
    session = boto3.session.Session(region_name="us-east-1")
    session._session._credentials = AccountInContext()
    return session


def client_of(session: boto3.session.Session, port: int, service: str, region: str) -> Any:
    """A client of one service and Region."""
    return session.client(service, region_name=region, endpoint_url=f"http://{HOST}:{port}", config=Config(
        retries={"mode": "standard"}))  # fmt: skip


def read_places(port: int) -> tuple[list[str], list[str]]:
    """All accounts of the organization, and its Regions."""
    session = connect()
    pages = client_of(session, port, "organizations", "us-east-1").get_paginator("list_accounts").paginate()
    accounts = [account["Id"] for page in pages for account in page["Accounts"]]
    regions = client_of(session, port, "ec2", "us-east-1").describe_regions()["Regions"]
    return accounts, [region["RegionName"] for region in regions]


def measure(served: Served, accounts: list[str], regions: list[str], processes: int) -> str:
    """One sweep by so many processes, each with its share of the accounts; the line to print."""
    shares = [accounts[number::processes] for number in range(processes)]
    cpu, begun = served.cpu_seconds(), time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        swept = list(pool.map(partial(sweep, served.port, regions), shares))
    seconds, server, memory = time.perf_counter() - begun, served.cpu_seconds() - cpu, served.memory_mib()
    calls, client = sum(s.calls for s in swept), sum(s.cpu_seconds for s in swept)
    used = (
        f"CPU a call: client {client / calls * 1000:.2f} ms, server {server / calls * 1000:.2f} ms "
        f"({client / (server + client):.0%} of it is boto3's)"
    )
    rows = sum(s.rows for s in swept)
    return f"{seconds:.1f} s, {calls} calls ({calls / seconds:.0f}/s), {rows} summaries; {used}; {memory:.0f} MiB"


def sweep(port: int, regions: list[str], accounts: list[str]) -> Swept:
    """Read the associations and all compliance summaries of accounts in all Regions."""
    session = connect()
    clients = [client_of(session, port, "ssm", region) for region in regions]
    calls = rows = 0
    for account_id in accounts:
        ACCOUNT.set(account_id)
        for client in clients:
            client.list_associations(MaxResults=PAGE)
            pages = client.get_paginator("list_resource_compliance_summaries").paginate(
                PaginationConfig={"PageSize": PAGE}
            )
            for page in pages:
                calls += 1
                rows += len(page["ResourceComplianceSummaryItems"])
            calls += 1
    times = os.times()
    return Swept(calls, rows, times.user + times.system)


if __name__ == "__main__":
    main()
