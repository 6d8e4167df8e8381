"""What happens to a random small fleet: policies and others scan and install, nodes come and go, time passes.

Rules speak to the sandbox as AWS's customers do, or lay hands on its nodes; none of them asks the portal anything.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from policies.aws.connect import Aws
from policies.domain.canonical import digest
from policies.models import OverrideVersion
from sandbox.engine import scanners
from sandbox.engine.executions import Execution
from sandbox.engine.fleet import Node
from sandbox.engine.patches import PACKAGES
from sandbox.wire import Sandbox
from sandbox.worlds import read_world, stock
from tests.observe.reading import EVERY_NODE, make_policy
from tests.observe.scene import BUCKET, FILE, element, let_everyone_read
from tests.worlds import BEGIN, sign_in

WORLD = Path(__file__).parent.parent / "sandbox" / "tiny.toml"
PLACES = [("222233334444", "us-east-1"), ("222233334444", "eu-west-1"), ("333344445555", "us-east-1"),
          ("333344445555", "eu-west-1")]  # fmt: skip
POLICIES = {"abcde": EVERY_NODE, "fghij": [{"Key": "tag:Role", "Values": ["web"]}]}
STEPS = [timedelta(minutes=5), timedelta(minutes=40), timedelta(hours=3), timedelta(hours=13), timedelta(days=3)]
CLOCKS = [timedelta(0), timedelta(minutes=-10), timedelta(minutes=10), timedelta(hours=3)]

places = st.sampled_from(PLACES)
policies = st.sampled_from(sorted(POLICIES))
operations = st.sampled_from(["Scan", "Install"])
Place = tuple[str, str]


class FleetMachine(RuleBasedStateMachine):
    """Two policies over at most eleven nodes in four places, and everything else that patches."""

    def __init__(self) -> None:
        super().__init__()
        served = Sandbox(read_world(WORLD, BEGIN, 0), strict_answers=True)
        stock(served.world)
        self.world, self.aws = served.world, sign_in(served)
        self.associations: dict[tuple[str, Place, str], str] = {}
        self.newest: dict[tuple[str, str], Execution] = {}
        self.commands: set[str] = set()
        self.ever_managed: set[str] = set()

    @initialize(lost=st.sets(st.integers(0, 10), max_size=8), days=st.sampled_from([0, 7]))
    def begin(self, lost: set[int], days: int) -> None:
        """Some of the nodes, all of which may read the file of the policies."""
        for number, node in enumerate(list(self.world.fleet.nodes.values())):
            if number in lost:
                del self.world.fleet.nodes[node.instance_id]
        let_everyone_read(self.aws, self.world)
        self.policies = {name: make_policy(name) for name in POLICIES}
        self.write_file(days)

    @rule(days=st.sampled_from([0, 3, 30]))
    def write_file(self, days: int) -> None:
        """Another version of the rules; the same file serves both policies."""
        systems = sorted({node.operating_system for node in self.world.fleet.nodes.values()})
        body = json.dumps([element(system, (days,)) for system in systems])
        self.aws.client("s3").put_object(Bucket=BUCKET, Key="baseline_overrides.json", Body=body.encode())
        for policy in self.policies.values():
            OverrideVersion.objects.create(
                policy=policy, body=body, digest=digest(body), object_version=self.world.uuid(), cause="sync",
                written_at=self.world.now(), live_at=self.world.now(),
            )  # fmt: skip

    @rule()
    def lose_file(self) -> None:
        """Runs of policies fail from now on."""
        self.aws.client("s3").delete_object(Bucket=BUCKET, Key="baseline_overrides.json")

    @rule(place=places, name=policies, purpose=st.sampled_from(["ScanForPatches", "InstallPatches"]),
          reboots=st.booleans())  # fmt: skip
    def run_policy(self, place: Place, name: str, purpose: str, reboots: bool) -> None:
        """Its association is made, or runs once more."""
        if known := self.associations.get((name, place, purpose)):
            self.ssm(place).start_associations_once(AssociationIds=[known])
            return
        operation = "Scan" if purpose == "ScanForPatches" else "Install"
        made = self.ssm(place).create_association(
            Name="AWS-RunPatchBaseline", AssociationName=f"AWS-QuickSetup-PatchPolicy-{purpose}-TA-{name}",
            Targets=POLICIES[name], MaxConcurrency="100%", MaxErrors="100%", ScheduleExpression="cron(0 1 * * ? *)",
            Parameters={"Operation": [operation], "BaselineOverride": [FILE],
                        "RebootOption": ["RebootIfNeeded" if reboots else "NoReboot"]},
        )  # fmt: skip
        self.associations[name, place, purpose] = made["AssociationDescription"]["AssociationId"]

    @rule(place=places)
    def host_management(self, place: Place) -> None:
        scanners.add_host_management(self.world, *place)

    @rule(place=places, operation=operations)
    def patch_now(self, place: Place, operation: str) -> None:
        scanners.patch_now(self.world, *place, operation)

    @rule(place=places, operation=operations)
    def maintenance_window(self, place: Place, operation: str) -> None:
        scanners.add_maintenance_window(self.world, *place, operation, "rate(6 hours)")

    @rule(place=places)
    def other_association(self, place: Place) -> None:
        scanners.add_own_association(self.world, *place)

    @rule(place=places, operation=operations)
    def run_command(self, place: Place, operation: str) -> None:
        told = self.ssm(place).send_command(
            DocumentName="AWS-RunPatchBaseline", Targets=EVERY_NODE, Parameters={"Operation": [operation]}
        )
        self.commands.add(told["Command"]["CommandId"])

    @rule(number=st.integers(0, 10), state=st.sampled_from(["running", "running", "stopped", "terminated"]))
    def change_state(self, number: int, state: str) -> None:
        if node := self.pick(number):
            self.world.fleet.set_state(node.instance_id, state, self.world.now())
            self.tell(node)

    @rule(number=st.integers(0, 10), contact=st.sampled_from(["Online", "ConnectionLost"]))
    def change_contact(self, number: int, contact: str) -> None:
        if node := self.pick(number):
            self.world.fleet.set_contact(node.instance_id, contact, self.world.now())
            self.tell(node)

    @rule(number=st.integers(0, 10), is_bad=st.booleans())
    def spoil(self, number: int, is_bad: bool) -> None:
        """No patch installs on the node, or they do again."""
        if node := self.pick(number):
            node.unpatchable = tuple(PACKAGES) if is_bad else ()

    @rule(number=st.integers(0, 10), ahead=st.sampled_from(CLOCKS))
    def step_clock(self, number: int, ahead: timedelta) -> None:
        """The node's own clock, by which it dates its results."""
        if node := self.pick(number):
            node.clock_ahead = ahead

    @rule(number=st.integers(0, 10))
    def reboot(self, number: int) -> None:
        if node := self.pick(number):
            node.reboot(self.world.now())

    @rule(step=st.sampled_from(STEPS))
    def let_time_pass(self, step: timedelta) -> None:
        self.world.clock.advance(step)
        self.world.tick()
        self.note()

    def pick(self, number: int) -> Node | None:
        """One of the nodes that were not terminated."""
        nodes = [node for place in PLACES for node in self.world.fleet.within(*place)]
        return nodes[number % len(nodes)] if nodes else None

    def tell(self, node: Node) -> None:
        """What waits for the node hears of it."""
        self.world.timeline.at(self.world.now(), "node changed", node.instance_id)

    def ssm(self, place: Place) -> Any:
        """Of a place, for an administrator there."""
        return self.member(place[0]).client("ssm", place[1])

    def member(self, account_id: str) -> Aws:
        """The connection in an account; it hears what time it is, and renews its keys."""
        self.aws.client("sts").get_caller_identity()
        return self.aws.in_account(account_id)

    def note(self) -> None:
        """Remember the newest execution of each association on each node: AWS forgets them by and by."""
        for association in self.world.associations.all.values():
            for execution in association.executions:
                self.newest |= {(association.association_id, i): execution for i in execution.results}
