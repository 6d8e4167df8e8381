"""The rules of nodes and of what runs on them: associations, commands, maintenance windows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from sandbox.engine.faults import FaultKind
from tests.sandbox.machine import Machine, Place, documents, numbers, places, rates, targets
from tests.sandbox.sums import client

WINDOW = {"Schedule": "rate(3 hours)", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": True}
PATCHING = "AWS-RunPatchBaseline"


class Runs(Machine):
    """What happens to nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted_by_hand: set[str] = set()
        self.terminated: set[str] = set()
        self.tokens = 0

    @rule(place=places, operation=documents, chosen=targets, most=rates, errors=rates,
          schedule=st.sampled_from(["", "rate(1 day)", "cron(0 3 * * ? *)"]), waits=st.booleans())  # fmt: skip
    def create_association(
        self, place: Place, operation: str, chosen: list[Any], most: str, errors: str, schedule: str, waits: bool
    ) -> None:
        asked: dict[str, Any] = {
            "Name": PATCHING, "Targets": chosen, "Parameters": {"Operation": [operation]}, "MaxConcurrency": most,
            "MaxErrors": errors,
        }  # fmt: skip
        if schedule:
            asked |= {"ScheduleExpression": schedule, "ApplyOnlyAtCronInterval": waits and "cron" in schedule}
        self.ask(client("ssm", *place).create_association, **asked)

    @rule(place=places, number=numbers, chosen=targets)
    def update_association(self, place: Place, number: int, chosen: list[Any]) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).update_association, AssociationId=found, Targets=chosen)

    @rule(place=places, number=numbers)
    def delete_association(self, place: Place, number: int) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).delete_association, AssociationId=found)
            self.deleted_by_hand.add(found)

    @rule(place=places, number=numbers)
    def run_now(self, place: Place, number: int) -> None:
        if found := self.pick_association(place, number):
            self.ask(client("ssm", *place).start_associations_once, AssociationIds=[found])

    def pick_association(self, place: Place, number: int) -> str:
        return str(self.pick(place, "list_associations", "Associations", number).get("AssociationId", ""))

    @rule(place=places, operation=documents, chosen=targets, most=rates, errors=rates)
    def send_command(self, place: Place, operation: str, chosen: list[Any], most: str, errors: str) -> None:
        self.ask(client("ssm", *place).send_command, DocumentName=PATCHING, Targets=chosen, MaxConcurrency=most,
                 MaxErrors=errors, Parameters={"Operation": [operation]}, TimeoutSeconds=120)  # fmt: skip

    @rule(place=places, number=numbers)
    def cancel_command(self, place: Place, number: int) -> None:
        if found := self.pick(place, "list_commands", "Commands", number):
            self.ask(client("ssm", *place).cancel_command, CommandId=found["CommandId"])

    @rule(place=places, operation=documents, chosen=targets, most=rates, errors=rates)
    def open_windows(self, place: Place, operation: str, chosen: list[Any], most: str, errors: str) -> None:
        """A window with one task, now and again."""
        ssm = client("ssm", *place)
        if made := self.ask(ssm.create_maintenance_window, Name="nightly", **WINDOW):
            task = {"RunCommand": {"Parameters": {"Operation": [operation]}}}
            self.ask(ssm.register_task_with_maintenance_window, WindowId=made["WindowId"], TaskType="RUN_COMMAND",
                     TaskArn=PATCHING, Targets=chosen, MaxConcurrency=most, MaxErrors=errors,
                     TaskInvocationParameters=task)  # fmt: skip

    @rule(place=places, number=numbers)
    def delete_window(self, place: Place, number: int) -> None:
        if found := self.pick(place, "describe_maintenance_windows", "WindowIdentities", number):
            self.ask(client("ssm", *place).delete_maintenance_window, WindowId=found["WindowId"])

    @rule(place=places, kind=st.sampled_from([FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER]))
    def ask_again_after_a_time_out(self, place: Place, kind: FaultKind) -> None:
        """What timed out has happened or has not, and asked again under the same token it is there once."""
        if place[0] not in self.sandbox.world.organization.accounts:
            return
        self.tokens += 1
        asked = {"Name": "once", "ClientToken": f"token-{self.tokens}", **WINDOW}
        with self.calm():
            before = self.count_windows(place)
            self.sandbox.faults.on_call(1, kind)
            assert self.ask(client("ssm", *place).create_maintenance_window, **asked) is None
            assert self.count_windows(place) == before + (kind is FaultKind.TIMEOUT_AFTER)
            self.ask(client("ssm", *place).create_maintenance_window, **asked)
            assert self.count_windows(place) == before + 1

    def count_windows(self, place: Place) -> int:
        return len(self.all_of(place, "describe_maintenance_windows", "WindowIdentities"))

    @rule(place=places, number=numbers, change=st.sampled_from(["start", "stop", "reboot", "terminate"]))
    def change_node(self, place: Place, number: int, change: str) -> None:
        nodes = [name for name in self.nodes_in(place) if name.startswith("i-")]
        if nodes:
            chosen = nodes[number % len(nodes)]
            if self.ask(getattr(client("ec2", *place), f"{change}_instances"), InstanceIds=[chosen]):
                self.terminated |= {chosen} if change == "terminate" else set()

    @rule(place=places, number=numbers, contact=st.sampled_from(["Online", "ConnectionLost"]))
    def lose_or_find_node(self, place: Place, number: int, contact: str) -> None:
        if nodes := self.nodes_in(place):
            world = self.sandbox.world
            world.fleet.set_contact(nodes[number % len(nodes)], contact, world.now())
            world.timeline.at(world.now(), "node changed", nodes[number % len(nodes)])

    def nodes_in(self, place: Place) -> list[str]:
        return [node.instance_id for node in self.sandbox.world.fleet.nodes.within(*place)]
