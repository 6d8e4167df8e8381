"""Whatever is asked, in whatever order, with faults and steps of the clock: the sums come out.

A machine draws public calls over the wire; after each it reads everything back and holds it against itself.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.sandbox.conftest import MANAGEMENT
from tests.sandbox.machine import MEMBERS, PLACES, REGIONS
from tests.sandbox.machine_runs import Runs
from tests.sandbox.sums import (
    check_associations,
    check_commands,
    check_compliance,
    check_nodes,
    check_stack_set,
    check_windows,
    read,
)

UNITS = ("r-tiny", "ou-tiny-work0001", "ou-tiny-rest0001")
SETS = st.sampled_from(["first", "second"])
MOST_NEW_ACCOUNTS = 2
LOOK_EVERY = 3


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


class Organization(Runs):
    """A tiny organization, and everything that is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.has_removed = False
        self.new_accounts = 0
        self.steps = 0
        self.asked_places: dict[str, set[tuple[str, str]]] = {}

    @initialize(body=templates, most=st.integers(1, 3), tolerance=st.integers(0, 3), minutes=st.integers(0, 20))
    def deploy_one_set(self, body: str, most: int, tolerance: int, minutes: int) -> None:
        """Most of what can happen needs a set that is there."""
        self.create_stack_set("first", body, automatic=True)
        self.create_instances("first", "ou-tiny-work0001", REGIONS, most, tolerance, "PARALLEL")
        self.let_time_pass(timedelta(minutes=minutes))

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
        accounts = self.accounts_under(unit)
        begun = self.ask(self.cloudformation.create_stack_instances, StackSetName=name, Regions=regions,
                         DeploymentTargets={"OrganizationalUnitIds": [unit]},
                         OperationPreferences=preferences)  # fmt: skip
        if begun:
            self.asked_places[begun["OperationId"]] = {(account, region) for account in accounts for region in regions}

    def accounts_under(self, unit: str) -> set[str]:
        """The accounts of a unit and of those below it, but the management account."""
        below = [unit] if unit != UNITS[0] else UNITS
        found = [read(self.organizations, "list_accounts_for_parent", "Accounts", ParentId=parent) for parent in below]
        return {account["Id"] for accounts in found for account in accounts} - {MANAGEMENT}

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

    @precondition(lambda self: self.new_accounts < MOST_NEW_ACCOUNTS)
    @rule()
    def create_account(self) -> None:
        self.new_accounts += 1
        name = f"New{self.new_accounts}"
        self.ask(self.organizations.create_account, Email=f"{name}@example.com", AccountName=name)

    @rule(number=st.integers(0, 5), unit=st.sampled_from(UNITS))
    def move_account(self, number: int, unit: str) -> None:
        accounts = [a["Id"] for a in read(self.organizations, "list_accounts", "Accounts") if a["Id"] != MANAGEMENT]
        account = accounts[number % len(accounts)] if accounts else MEMBERS[0]
        found = self.ask(self.organizations.list_parents, ChildId=account)
        for parent in (found or {}).get("Parents", []):
            self.ask(self.organizations.move_account, AccountId=account, SourceParentId=parent["Id"],
                     DestinationParentId=unit)  # fmt: skip

    @rule(account=st.sampled_from(MEMBERS), door=st.sampled_from(["close_account", "remove_account_from_organization"]))
    def lose_account(self, account: str, door: str) -> None:
        self.ask(getattr(self.organizations, door), AccountId=account)

    @invariant()
    def everything_adds_up(self) -> None:
        """Now and then, and at the end."""
        self.steps += 1
        if self.steps % LOOK_EVERY == 0:
            self.look()

    def teardown(self) -> None:
        """The last look is some hours later, when what was begun is over."""
        self.let_time_pass(timedelta(hours=6))
        self.look()

    def look(self) -> None:
        """Read all of it back, with no fault in the way."""
        with self.calm():
            for place in PLACES:
                if place[0] in self.sandbox.world.organization.accounts:
                    check_nodes(place, self.terminated)
                    check_associations(place)
                    check_commands(place)
                    check_windows(place)
                    check_compliance(place)
            for summary in self.cloudformation.list_stack_sets()["Summaries"]:
                if summary["Status"] == "ACTIVE":
                    check_stack_set(self.cloudformation, summary["StackSetName"], self.asked_places)
            self.check_stacks()

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
TestOrganization.settings = settings(max_examples=8, stateful_step_count=30, suppress_health_check=list(HealthCheck))
