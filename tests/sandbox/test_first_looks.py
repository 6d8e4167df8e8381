"""Places that nobody has looked at yet are made while something happens there, one event after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox.engine.trust import Principal
from sandbox.registry import Call, perform
from sandbox.worlds import read_world
from tests.worlds import BEGIN, MANAGEMENT

UNSEEN = f"""
[organization]
id = "o-unseen0001"
root = "r-unse"
management = "{MANAGEMENT}"
regions = ["us-east-1"]
trusted_access = true

[[accounts]]
id = "{MANAGEMENT}"
name = "Management"

[crowd]
accounts = 120
levels = [["Everyone"]]
sizes = [1]
region_weights = [1]
systems = ["UBUNTU"]
"""
AT_ONCE = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100}
TEMPLATE = """
{"Resources": {"Scan": {"Type": "AWS::SSM::Association", "Properties": {
  "Name": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Scan"]},
  "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]}}}}
"""


def test_a_stack_set_reaches_more_unseen_places_at_once_than_calls_can_be_nested(tmp_path: Path) -> None:
    path = tmp_path / "unseen.toml"
    path.write_text(UNSEEN)
    world = read_world(path, BEGIN)
    where = {"StackSetName": "Everywhere", "Regions": ["us-east-1"]}
    everyone = {"DeploymentTargets": {"OrganizationalUnitIds": ["r-unse"]}}

    def ask(action: str, **parameters: object) -> None:
        perform(world, Call(Principal(MANAGEMENT), "us-east-1", "cloudformation", action), parameters)

    ask("CreateStackSet", StackSetName="Everywhere", TemplateBody=TEMPLATE, PermissionModel="SERVICE_MANAGED")
    ask("CreateStackInstances", **where, **everyone, OperationPreferences=AT_ONCE)
    world.clock.advance(timedelta(minutes=10))
    world.tick()

    [stack_set] = world.stack_sets.sets.values()
    assert {instance.detailed for instance in stack_set.instances.values()} == {"SUCCEEDED"}
    assert len(stack_set.instances) == 120
    assert world.moment is None
