"""Whatever is asked, in whatever order, with faults and steps of the clock: the sums come out.

A machine draws public calls over the wire; after each it reads everything back and holds it against itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.engine.faults import Fault, FaultKind
from sandbox.engine.trust import access_key
from sandbox.transport import in_process
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.sandbox.conftest import BEGIN, MANAGEMENT

MEMBERS = ("222233334444", "333344445555")
REGIONS = ("us-east-1", "eu-west-1")
UNITS = ("r-tiny", "ou-tiny-work0001", "ou-tiny-rest0001")
PLACES = [(account, region) for account in MEMBERS for region in REGIONS]
SESSION = boto3.session.Session()
CALM = Config(retries={"max_attempts": 0}, parameter_validation=False)

Clients = dict[tuple[str, str, str], Any]
places = st.sampled_from(PLACES)
numbers = st.integers(0, 20)
rates = st.sampled_from(["1", "2", "50%", "100%"])
targets = st.sampled_from(
    [[{"Key": "InstanceIds", "Values": ["*"]}], [{"Key": "tag:Patch", "Values": ["true"]}],
     [{"Key": "tag:Role", "Values": ["web", "db"]}]]
)  # fmt: skip
SETS = st.sampled_from(["first", "second"])
BOOK: dict[str, Any] = {}


def _answer(request: Any, **_: object) -> Any:
    return BOOK["answer"](request)


SESSION.events.register_first("before-send", _answer)


def client(service: str, account: str, region: str = "us-east-1") -> Any:
    """One client for each service, account and Region, whatever sandbox answers at the moment."""
    clients: Clients = BOOK.setdefault("clients", {})
    key = (service, account, region)
    if key not in clients:
        clients[key] = SESSION.client(
            service, region, endpoint_url="http://127.0.0.1:1", aws_access_key_id=access_key(account),
            aws_secret_access_key="secret", config=CALM,
        )  # fmt: skip
    return clients[key]


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


def check_nodes(place: tuple[str, str]) -> None:
    """Each machine once and in one state; only running ones are managed."""
    reservations = read(client("ec2", *place), "describe_instances", "Reservations")
    states = [(i["InstanceId"], i["State"]["Name"]) for r in reservations for i in r["Instances"]]
    managed = read(client("ssm", *place), "describe_instance_information", "InstanceInformationList")
    names = [node["InstanceId"] for node in managed]
    assert len(states) == len(dict(states))
    assert len(names) == len(set(names))
    assert {dict(states)[name] for name in names if name.startswith("i-")} <= {"running"}


def check_associations(place: tuple[str, str]) -> None:
    """The counts of an execution are those of its targets, and the overview's those of the nodes' newest results."""
    ssm = client("ssm", *place)
    on_nodes: dict[str, Counter[str]] = {}
    for node in BOOK["nodes"](*place):
        told = read(ssm, "describe_instance_associations_status", "InstanceAssociationStatusInfos", InstanceId=node)
        for each in told:
            on_nodes.setdefault(each["AssociationId"], Counter())[each["Status"]] += 1
    for association in read(ssm, "list_associations", "Associations"):
        name = association["AssociationId"]
        overview = association["Overview"].get("AssociationStatusAggregatedCount", {})
        assert overview == dict(on_nodes.get(name, {}))
        for execution in read(ssm, "describe_association_executions", "AssociationExecutions", AssociationId=name):
            check_execution(ssm, execution)


def check_execution(ssm: Any, execution: dict[str, Any]) -> None:
    """Its counts are its targets; a node is one target; what is over has nothing pending."""
    key = {"AssociationId": execution["AssociationId"], "ExecutionId": execution["ExecutionId"]}
    found = read(ssm, "describe_association_execution_targets", "AssociationExecutionTargets", **key)
    statuses = Counter(target["Status"] for target in found)
    assert read_counts(execution.get("ResourceCountByStatus", "{}")) == dict(statuses)
    assert len({target["ResourceId"] for target in found}) == len(found)
    if execution["Status"] in ("Success", "Failed", "TimedOut"):
        assert not {"Pending", "InProgress"} & set(statuses)
    if execution["Status"] == "Success":
        assert set(statuses) <= {"Success", "Skipped"}


def check_compliance(place: tuple[str, str]) -> None:
    """One summary for each node and type, which is compliant exactly when nothing of it is not."""
    ssm = client("ssm", *place)
    summaries = read(ssm, "list_resource_compliance_summaries", "ResourceComplianceSummaryItems")
    keys = [(s["ResourceId"], s["ComplianceType"]) for s in summaries]
    assert len(keys) == len(set(keys))
    for node in {name for name, _ in keys}:
        check_node_compliance(ssm, node, [s for s in summaries if s["ResourceId"] == node])
    for summary in summaries:
        bad = summary["NonCompliantSummary"]
        assert (summary["Status"] == "NON_COMPLIANT") == (bad["NonCompliantCount"] > 0)
        for side, count in (("CompliantSummary", "CompliantCount"), ("NonCompliantSummary", "NonCompliantCount")):
            assert sum(summary[side]["SeveritySummary"].values()) == summary[side][count]


STATE_COUNTS = {
    "InstalledCount": "Installed", "InstalledOtherCount": "InstalledOther", "MissingCount": "Missing",
    "InstalledPendingRebootCount": "InstalledPendingReboot", "InstalledRejectedCount": "InstalledRejected",
    "FailedCount": "Failed",
}  # fmt: skip


def check_node_compliance(ssm: Any, node: str, summaries: list[dict[str, Any]]) -> None:
    """The summaries count the items, and the patch state counts the patches."""
    items = read(ssm, "list_compliance_items", "ComplianceItems", ResourceIds=[node])
    for summary in summaries:
        own = Counter(i["Status"] for i in items if i["ComplianceType"] == summary["ComplianceType"])
        assert own["COMPLIANT"] == summary["CompliantSummary"]["CompliantCount"]
        assert own["NON_COMPLIANT"] == summary["NonCompliantSummary"]["NonCompliantCount"]
    for state in ssm.describe_instance_patch_states(InstanceIds=[node])["InstancePatchStates"]:
        patches = Counter(p["State"] for p in read(ssm, "describe_instance_patches", "Patches", InstanceId=node))
        assert {name: state[name] for name in STATE_COUNTS} == {n: patches[s] for n, s in STATE_COUNTS.items()}


def check_stack_set(cloudformation: Any, name: str) -> None:
    """Each place once and in one state; an operation has one result for each place that it was asked for."""
    instances = read(cloudformation, "list_stack_instances", "Summaries", StackSetName=name)
    keys = [(i["Account"], i["Region"]) for i in instances]
    assert len(keys) == len(set(keys))
    for instance in instances:
        if instance["StackInstanceStatus"]["DetailedStatus"] == "SUCCEEDED":
            assert instance["Status"] == "CURRENT"
    operations = read(cloudformation, "list_stack_set_operations", "Summaries", StackSetName=name)
    assert sum(o["Status"] in ("RUNNING", "STOPPING") for o in operations) <= 1
    for operation in operations:
        key = {"StackSetName": name, "OperationId": operation["OperationId"]}
        results = read(cloudformation, "list_stack_set_operation_results", "Summaries", **key)
        places = [(r["Account"], r["Region"]) for r in results]
        assert len(places) == len(set(places))
        told = cloudformation.describe_stack_set_operation(**key)["StackSetOperation"]
        failed = sum(r["Status"] == "FAILED" for r in results)
        assert told["StatusDetails"]["FailedStackInstancesCount"] == failed
        if operation["Status"] in ("SUCCEEDED", "FAILED", "STOPPED"):
            assert not {"PENDING", "RUNNING"} & {r["Status"] for r in results}
        if operation["Status"] == "SUCCEEDED":
            assert {r["Status"] for r in results} <= {"SUCCEEDED", "FAILED"}


def read(asked: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    """All pages of a list."""
    return [item for page in asked.get_paginator(operation).paginate(**parameters) for item in page[key]]


def read_counts(told: str) -> dict[str, int]:
    """{Failed=1, Success=4} as a dictionary."""
    pairs = (pair.split("=") for pair in told.strip("{}").split(", ") if pair)
    return {status: int(count) for status, count in pairs}


TestOrganization = Organization.TestCase
TestOrganization.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
