"""Whether boto3's paginators give each of the large world's 100,000 nodes exactly once, over the wire.

`python -m bench.sandbox_nodes`: the tagging API lists EC2 instances and hybrid nodes of every account and Region.
"""

from __future__ import annotations

import time

from bench.sandbox_sweep import ACCOUNT, client_of, connect, read_places
from bench.served import serve_world
from bench.targets import at_least, at_most

TARGET = 100_000
PAGE = 100


def main() -> None:
    """Print how many nodes were told, how many of them were different, and how long it took."""
    with serve_world("large") as served:
        accounts, regions = read_places(served.port)
        begun = time.perf_counter()
        told = read_nodes(served.port, accounts, regions)
        seconds = time.perf_counter() - begun
    print(f"{len(told)} nodes told in {seconds:.1f} s")
    print(at_least("different nodes", len(set(told)), TARGET))
    print(at_most("nodes told more than once", len(told) - len(set(told)), 0))


def read_nodes(port: int, accounts: list[str], regions: list[str]) -> list[str]:
    """The ARNs of all nodes, as the pages tell them."""
    session, told = connect(), []
    clients = [client_of(session, port, "resourcegroupstaggingapi", region) for region in regions]
    for account_id in accounts:
        ACCOUNT.set(account_id)
        for client in clients:
            pages = client.get_paginator("get_resources").paginate(PaginationConfig={"PageSize": PAGE})
            told += [resource["ResourceARN"] for page in pages for resource in page["ResourceTagMappingList"]]
    return told


if __name__ == "__main__":
    main()
