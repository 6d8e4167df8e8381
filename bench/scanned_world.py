"""A world of 10,000 nodes that a policy and another association have scanned, in a file for the sandbox to serve."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.engine.fleet import Node
from sandbox.engine.trust import Principal
from sandbox.engine.world import World
from sandbox.registry import Call, perform
from sandbox.saving import save
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.observe.reading import EVERY_NODE
from tests.observe.scene import BUCKET, FILE, element, let_everyone_read
from tests.worlds import sign_in

DECLARED = Path(__file__).with_name("collection.toml")
POLICY_ID = "abcde"


def make(file: Path) -> None:
    """Make it, let the scans end, and write it."""
    served = Sandbox(read_world(DECLARED, datetime.now(UTC) - timedelta(hours=1), 0))
    world, aws = served.world, sign_in(served)
    stock(world)
    let_everyone_read(aws, world)
    for account_id, region in itertools.product(world.organization.accounts, world.organization.regions):
        world.look(account_id, region)
        _associate(world, account_id, region)
    body = json.dumps([element(system, (0,)) for system in _systems(world.fleet.nodes.values())])
    aws.client("s3").put_object(Bucket=BUCKET, Key="baseline_overrides.json", Body=body.encode())
    world.clock.advance(timedelta(hours=1))
    world.tick()
    save(world, file)


def _systems(nodes: Iterable[Node]) -> list[str]:
    return sorted({node.operating_system for node in nodes})


def _associate(world: World, account_id: str, region: str) -> None:
    """The policy's scan there."""
    call = Call(Principal(account_id), region, "ssm", "CreateAssociation")
    perform(world, call, {
        "Name": "AWS-RunPatchBaseline", "Targets": EVERY_NODE, "ScheduleExpression": "cron(0 1 * * ? *)",
        "AssociationName": f"AWS-QuickSetup-PatchPolicy-ScanForPatches-TA-{POLICY_ID}",
        "Parameters": {"Operation": ["Scan"], "BaselineOverride": [FILE]},
    })  # fmt: skip
