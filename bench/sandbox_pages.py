"""How many pages of 50 compliance summaries a second the sandbox tells, the large world loaded, without boto3.

`python -m bench.sandbox_pages [--seconds 10] [--connections 1 8]`: over kept connections, requests signed beforehand.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from itertools import cycle

from bench.raw import Connection, signed
from bench.served import Served, serve_world
from bench.targets import at_least, at_most

TARGET = 1000
PAGE = 50
REGION = "us-east-1"
ACCOUNTS = 100  # the large world has as many with a page of fifty and more in this Region
MANAGEMENT = "111122223333"


def main() -> None:
    """Print start-up, memory, and pages a second for each number of connections."""
    asked = _read_arguments()
    with serve_world("large") as served:
        print(at_most("start of the large world", served.start_seconds, 20, " s"))
        print(f"{served.memory_mib():.0f} MiB")
        requests = full_pages(served.port)
        print(f"{len(requests)} full pages of {PAGE} in {ACCOUNTS} accounts; {served.memory_mib():.0f} MiB")
        for connections in asked.connections:
            print(measure(served, requests, connections, asked.seconds))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox_pages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4, 8])
    return parser.parse_args()


def full_pages(port: int) -> list[bytes]:
    """The requests for pages that are full, found by walking the largest accounts once."""
    connection, requests = Connection(port), []
    for account_id in _large_accounts(connection, port):
        token: dict[str, str] = {}
        while True:
            request = signed(
                port, account_id, ("ssm", REGION), "ListResourceComplianceSummaries", {"MaxResults": PAGE, **token}
            )
            answer = json.loads(connection.ask(request))
            if len(answer["ResourceComplianceSummaryItems"]) == PAGE:
                requests.append(request)
            if "NextToken" not in answer:
                break
            token = {"NextToken": answer["NextToken"]}
    connection.close()
    return requests


def _large_accounts(connection: Connection, port: int) -> list[str]:
    """The first of every ten accounts of the large world after the management account has the most nodes."""
    accounts: list[str] = []
    token: dict[str, str] = {}
    while True:
        request = signed(port, MANAGEMENT, ("organizations", REGION), "ListAccounts", token)
        answer = json.loads(connection.ask(request))
        accounts += [account["Id"] for account in answer["Accounts"]]
        if "NextToken" not in answer:
            return accounts[1::10][:ACCOUNTS]
        token = {"NextToken": answer["NextToken"]}


def measure(served: Served, requests: list[bytes], connections: int, seconds: float) -> str:
    """Ask for a while over so many connections at once; the line to print."""
    counts = [0] * connections
    cpu, begun = served.cpu_seconds(), time.perf_counter()
    until = begun + seconds

    def ask(number: int) -> None:
        connection = Connection(served.port)
        for request in cycle(requests[number * len(requests) // connections :] + requests):
            connection.ask(request)
            counts[number] += 1
            if time.perf_counter() >= until:
                break
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(counts) / (time.perf_counter() - begun)
    share = (served.cpu_seconds() - cpu) / sum(counts) * 1000
    return at_least(f"{connections} connections, {share:.2f} ms of server CPU a page", rate, TARGET, " pages/s")


if __name__ == "__main__":
    main()
