"""Organizations of any size in the sandbox: members in units below the root, without nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.worlds import BEGIN, MANAGEMENT

ROLES = Path(__file__).parents[1] / "sandbox" / "worlds" / "roles.toml"


def open_organization(folder: Path, accounts: int, units: int, regions: Sequence[str]) -> Sandbox:
    """So many members in so many units, in these Regions; its clock stands still.

    The folder keeps the file that declares it.
    """
    path = folder / "organization.toml"
    path.write_text("\n".join(_declare(accounts, units, regions)))
    served = Sandbox(read_world(path, BEGIN))
    stock(served.world)
    return served


def _declare(accounts: int, units: int, regions: Sequence[str]) -> Iterator[str]:
    yield f"also = ['{ROLES}']"
    yield "[organization]"
    yield f"id = 'o-sizedorg01'\nroot = 'r-size'\nmanagement = '{MANAGEMENT}'\nregions = {list(regions)}"
    yield "trusted_access = true\n[[accounts]]"
    yield f"id = '{MANAGEMENT}'\nname = 'Management'"
    for number in range(units):
        yield f"[[units]]\nid = 'ou-size-{number:08d}'\nname = 'Unit {number}'\nparent = 'r-size'"
    for number in range(accounts):
        unit = f"ou-size-{number % units:08d}"
        yield f"[[accounts]]\nid = '{300_000_000_000 + number}'\nname = 'Member {number}'\nunit = '{unit}'"
