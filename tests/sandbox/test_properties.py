"""Whatever is asked, in whatever order, with faults and steps of the clock: the sums come out.

A machine draws public calls over the wire; after each it reads everything back and holds it against itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.engine.faults import Fault, FaultKind
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.sandbox.conftest import BEGIN, MANAGEMENT
from tests.sandbox.sums import BOOK, check_associations, check_compliance, check_nodes, check_stack_set, client

MEMBERS = ("222233334444", "333344445555")
REGIONS = ("us-east-1", "eu-west-1")
UNITS = ("r-tiny", "ou-tiny-work0001", "ou-tiny-rest0001")
PLACES = [(account, region) for account in MEMBERS for region in REGIONS]
places = st.sampled_from(PLACES)
numbers = st.integers(0, 20)
rates = st.sampled_from(["1", "2", "50%", "100%"])
targets = st.sampled_from(
    [[{"Key": "InstanceIds", "Values": ["*"]}], [{"Key": "tag:Patch", "Values": ["true"]}],
     [{"Key": "tag:Role", "Values": ["web", "db"]}]]
)  # fmt: skip
SETS = st.sampled_from(["first", "second"])


def template(operation: str, schedule: str) -> str:
    """Two associations: a stack that can fail at its second."""
    common = {"Name": "AWS-RunPatchBaseline", "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]}
    scan = {**common, "AssociationName": "made-scan", "Parameters": {"Operation": ["Scan"]}}
    then = {**common, "AssociationName": "made-then", "Parameters": {"Operation": [operation]},
            "ScheduleExpression": schedule}  # fmt: skip
    resources = {
        "Scan": {"Type": "AWS::SSM::Association", "Properties": scan},
        "Then": {"Type": "AWS::SSM::Association", "Properties": then, "DependsOn": "Scan"},
    }
    return json.dumps({"Resources": resources})


templates = st.builds(
    template,
    st.sampled_from(["Scan", "Install"]),
    st.sampled_from(["rate(1 day)", "rate(12 hours)", "rate(5 minutes)"]),
)


class Organization(RuleBasedStateMachine):
    """A tiny organization, and everything that is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(read_world(Path(__file__).parent / "tiny.toml", BEGIN, 0), strict_answers=True)
        stock(self.sandbox.world)
        BOOK["answer"] = in_process(self.sandbox)
        BOOK["nodes"] = lambda *place: [n.instance_id for n in self.sandbox.world.fleet.nodes.within(*place)]
        self.deleted_by_hand: set[str] = set()
        self.has_removed = False

    @initialize(body=templates, most=st.integers(1, 3), tolerance=st.integers(0, 3), minutes=st.integers(0, 20))
    def deploy_one_set(self, body: str, most: int, tolerance: int, minutes: int) -> None:
        """Most of what can happen needs a set that is there."""
        self.create_stack_set("first", body, automatic=True)
        self.create_instances("first", "ou-tiny-work0001", REGIONS, most, tolerance, "PARALLEL")
        self.let_time_pass(timedelta(minutes=minutes))

    # What is done.

    def ask(self, call: Callable[..., Any], **parameters: Any) -> Any:
        """A call that may be refused or struck by a planned fault, but never fails by the sandbox's own fault."""
        before = self.struck
        try:
            return call(**parameters)
        except HTTPClientError:
            status = 599
        except ClientError as refused:
            status = int(refused.response["ResponseMetadata"]["HTTPStatusCode"])
        assert status < 500 or self.struck > before
        return None

    @rule(place=places, operation=st.sampled_from(["Scan", "Install"]), chosen=targets, most=rates, errors=rates,
          schedule=st.sampled_from(["", "rate(1 day)", "cron(0 3 * * ? *)"]), waits=st.booleans())  # fmt: skip
    def create_association(
        self, place: tuple[str, str], operation: str, chosen: list[Any], most: str, errors: str, schedule: str,
        waits: bool,
    ) -> None:  # fmt: skip
        asked: dict[str, Any] = {
            "Name": "AWS-RunPatchBaseline", "Targets": chosen, "Parameters": {"Operation": [operation]},
            "MaxConcurrency": most, "MaxErrors": errors,
        }  # fmt: skip
        if schedule:
            asked |= {"ScheduleExpression": schedule, "ApplyOnlyAtCronInterval": waits and "cron" in schedule}
        self.ask(client("ssm", *place).create_association, **asked)

    @rule(place=places, number=numbers, chosen=targets)
    def update_association(self, place: tuple[str, str], number: int, chosen: list[Any]) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).update_association, AssociationId=found, Targets=chosen)

    @rule(place=places, number=numbers)
    def delete_association(self, place: tuple[str, str], number: int) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).delete_association, AssociationId=found)
            self.deleted_by_hand.add(found)

    @rule(place=places, number=numbers)
    def run_now(self, place: tuple[str, str], number: int) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).start_associations_once, AssociationIds=[found])

    @rule(name=SETS, body=templates, automatic=st.booleans())
    def create_stack_set(self, name: str, body: str, automatic: bool) -> None:
        deployment: dict[str, Any] = {"Enabled": automatic}
        if automatic:
            deployment["RetainStacksOnAccountRemoval"] = False
        self.ask(self.cloudformation.create_stack_set, StackSetName=name, TemplateBody=body,
                 PermissionModel="SERVICE_MANAGED", AutoDeployment=deployment)  # fmt: skip

    @rule(name=SETS, unit=st.sampled_from(UNITS), regions=st.sampled_from([REGIONS, REGIONS[:1], REGIONS[1:]]),
          most=st.integers(1, 3), tolerance=st.integers(0, 3),
          kind=st.sampled_from(["SEQUENTIAL", "PARALLEL"]))  # fmt: skip
    def create_instances(
        self, name: str, unit: str, regions: tuple[str, ...], most: int, tolerance: int, kind: str
    ) -> None:
        preferences = {"MaxConcurrentCount": most, "FailureToleranceCount": tolerance, "RegionConcurrencyType": kind}
        self.ask(self.cloudformation.create_stack_instances, StackSetName=name, Regions=regions,
                 DeploymentTargets={"OrganizationalUnitIds": [unit]}, OperationPreferences=preferences)  # fmt: skip

    @rule(name=SETS, body=templates)
    def update_stack_set(self, name: str, body: str) -> None:
        self.ask(self.cloudformation.update_stack_set, StackSetName=name, TemplateBody=body,
                 PermissionModel="SERVICE_MANAGED")  # fmt: skip

    @rule(name=SETS, unit=st.sampled_from(UNITS), region=st.sampled_from(REGIONS), retain=st.booleans())
    def delete_instances(self, name: str, unit: str, region: str, retain: bool) -> None:
        self.ask(self.cloudformation.delete_stack_instances, StackSetName=name, Regions=[region], RetainStacks=retain,
                 DeploymentTargets={"OrganizationalUnitIds": [unit]})  # fmt: skip
        self.has_removed = True

    @rule(name=SETS)
    def stop_operation(self, name: str) -> None:
        told = self.ask(self.cloudformation.list_stack_set_operations, StackSetName=name)
        for operation in (told or {}).get("Summaries", [])[:1]:
            self.ask(self.cloudformation.stop_stack_set_operation, StackSetName=name,
                     OperationId=operation["OperationId"])  # fmt: skip

    @precondition(lambda self: self.has_removed)
    @rule(name=SETS)
    def delete_stack_set(self, name: str) -> None:
        self.ask(self.cloudformation.delete_stack_set, StackSetName=name)

    @rule(number=numbers, state=st.sampled_from(["running", "stopped", "terminated"]))
    def change_node(self, number: int, state: str) -> None:
        world = self.sandbox.world
        nodes = list(world.fleet.nodes.values())
        node = nodes[number % len(nodes)]
        if node.state != "terminated":  # nothing brings a terminated machine back
            world.fleet.set_state(node.instance_id, state, world.now())
            world.timeline.at(world.now(), "node changed", node.instance_id)

    @rule(account=st.sampled_from(MEMBERS), unit=st.sampled_from(UNITS))
    def move_account(self, account: str, unit: str) -> None:
        found = self.ask(self.organizations.list_parents, ChildId=account)
        for parent in (found or {}).get("Parents", []):
            self.ask(self.organizations.move_account, AccountId=account, SourceParentId=parent["Id"],
                     DestinationParentId=unit)  # fmt: skip

    @rule(account=st.sampled_from(MEMBERS), door=st.sampled_from(["close_account", "remove_account_from_organization"]))
    def lose_account(self, account: str, door: str) -> None:
        self.ask(getattr(self.organizations, door), AccountId=account)

    @rule(kind=st.sampled_from(FaultKind), service=st.sampled_from(["ssm", "cloudformation"]), after=st.integers(0, 3))
    def plan_fault(self, kind: FaultKind, service: str, after: int) -> None:
        self.sandbox.faults.add(Fault(kind, service=service, after=after, count=1))

    @rule(seconds=st.integers(10, 200))
    def wait_a_moment(self, seconds: int) -> None:
        self.let_time_pass(timedelta(seconds=seconds))

    @rule(step=st.sampled_from([timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)]))
    def let_time_pass(self, step: timedelta) -> None:
        self.sandbox.world.clock.advance(step)
        self.sandbox.world.tick()

    @property
    def struck(self) -> int:
        """How many calls a planned fault has struck so far."""
        return sum(fault.struck for fault in self.sandbox.faults.planned)

    @property
    def cloudformation(self) -> Any:
        return client("cloudformation", MANAGEMENT)

    @property
    def organizations(self) -> Any:
        return client("organizations", MANAGEMENT)

    def pick_association(self, place: tuple[str, str], number: int) -> str:
        """The id of one of the associations of a place, "" when there is none."""
        told = self.ask(client("ssm", *place).list_associations)
        found = [a["AssociationId"] for a in (told or {}).get("Associations", [])]
        return found[number % len(found)] if found else ""

    # What must hold.

    @invariant()
    def everything_adds_up(self) -> None:
        """Read all of it back, with no fault in the way."""
        planned, self.sandbox.faults.planned = self.sandbox.faults.planned, []
        try:
            for place in PLACES:
                if place[0] in self.sandbox.world.organization.accounts:
                    check_nodes(place)
                    check_associations(place)
                    check_compliance(place)
            for summary in self.cloudformation.list_stack_sets()["Summaries"]:
                if summary["Status"] == "ACTIVE":
                    check_stack_set(self.cloudformation, summary["StackSetName"])
            self.check_stacks()
        finally:
            self.sandbox.faults.planned = planned

    def check_stacks(self) -> None:
        """No resource of a set without its stack, and no stack without its resources unless someone took them away."""
        world = self.sandbox.world
        made = {r.made.physical_id for stack in world.stack_sets.stacks.values() for r in stack.resources.values()}
        there = {i for i, a in world.associations.all.items() if a.facts.get("AssociationName", "").startswith("made-")}
        assert made - set(world.associations.all) <= self.deleted_by_hand
        assert there - made == set()
        owned = [i.stack_id for s in world.stack_sets.sets.values() for i in s.instances.values() if i.stack_id]
        assert len(owned) == len(set(owned))


TestOrganization = Organization.TestCase
TestOrganization.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
