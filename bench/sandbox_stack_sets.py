"""How long a stack set over the whole large world takes: made, listed and removed at 1,000 accounts x 16 Regions.

`python -m bench.sandbox_stack_sets`: in process, the clock stepped a minute at a time.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS

NAME = "Everywhere"
TEMPLATE = json.dumps({"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
EVERYWHERE_AT_ONCE = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 100,
    "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}


def _connect(served: Sandbox) -> Any:
    key = access_key(served.world.organization.management_id)
    session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key="secret")
    session.events.register_first("before-send", in_process(served))
    return session.client("cloudformation", region_name="us-east-1", endpoint_url="http://127.0.0.1:1")


def _drive(cloudformation: Any, world: World, operation_id: str) -> None:
    while True:
        told = cloudformation.describe_stack_set_operation(StackSetName=NAME, OperationId=operation_id)
        if told["StackSetOperation"]["Status"] != "RUNNING":
            return
        world.clock.advance(timedelta(minutes=1))


def main() -> None:
    """Print the three figures."""
    served = Sandbox(WORLDS["large"](datetime(2026, 11, 23, 12, tzinfo=UTC), 0))
    world, cloudformation = served.world, _connect(served)
    world.organization.trusted_services.setdefault(STACK_SETS_PRINCIPAL, world.now())
    cloudformation.create_stack_set(StackSetName=NAME, TemplateBody=TEMPLATE, PermissionModel="SERVICE_MANAGED")
    where = {
        "StackSetName": NAME,
        "DeploymentTargets": {"OrganizationalUnitIds": [world.organization.root_id]},
        "Regions": list(world.organization.regions),
        "OperationPreferences": EVERYWHERE_AT_ONCE,
    }
    begun = time.perf_counter()
    _drive(cloudformation, world, cloudformation.create_stack_instances(**where)["OperationId"])
    made = time.perf_counter()
    pages = cloudformation.get_paginator("list_stack_instances").paginate(StackSetName=NAME)
    count = sum(len(page["Summaries"]) for page in pages)
    listed = time.perf_counter()
    _drive(cloudformation, world, cloudformation.delete_stack_instances(RetainStacks=False, **where)["OperationId"])
    removed = time.perf_counter()
    print(f"{count} instances: made in {made - begun:.1f} s, listed in {listed - made:.1f} s, "
          f"removed in {removed - listed:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
