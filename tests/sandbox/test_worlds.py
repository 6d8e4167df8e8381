"""Worlds to begin with: what is there, how it is found, kept and loaded."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.engine.clock import Clock
from sandbox.engine.faults import Fault, FaultKind
from sandbox.engine.places import ByPlace
from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.saving import FORMAT, load, save
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, open_world, stock
from sandbox.worlds.crowds import Unseen
from tests.sandbox.conftest import BEGIN, MANAGEMENT, MEMBER, Connect, connect_to


@dataclass
class Thing:
    account_id: str
    region: str


def test_things_are_found_by_their_place_in_the_order_of_their_coming() -> None:
    things: ByPlace[Thing] = ByPlace()
    for name, account in (("c", "1"), ("a", "2"), ("b", "1")):
        things[name] = Thing(account, "eu-west-1")

    assert things.within("1", "eu-west-1") == [things["c"], things["b"]]
    del things["c"]
    assert things.within("1", "eu-west-1") == [things["b"]]
    assert list(things) == ["a", "b"]
    assert things.within("1", "us-east-1") == []
    with pytest.raises(KeyError):
        del things["c"]


def test_a_terminated_node_is_no_longer_within_its_account(world: World) -> None:
    node = next(world.fleet.within(MEMBER, "us-east-1"))
    world.fleet.set_state(node.instance_id, "terminated", world.now())
    assert node not in world.fleet.within(MEMBER, "us-east-1")
    assert world.fleet.nodes[node.instance_id] is node


def large() -> World:
    return WORLDS["large"](BEGIN, 0)


def test_the_large_world_has_the_size_that_it_says() -> None:
    world = large()
    depth = {len(world.organization.lineage(account_id)) for account_id in world.organization.accounts}

    assert (len(world.organization.accounts), len(world.organization.regions)) == (1000, 16)
    assert sum(unseen.count for unseen in world.unseen.values() if isinstance(unseen, Unseen)) == 100_000
    assert depth == {1, 4}  # the management account in the root, all others three levels below it


def test_what_nobody_has_looked_at_is_made_at_the_first_look_and_only_then() -> None:
    served = Sandbox(large(), strict_answers=True)
    world = served.world
    (account_id, region), *_ = (place for place in world.unseen if place[0] != MANAGEMENT)
    ssm = connect_to(served, "ssm", access_key(account_id), region)

    summaries = ssm.list_resource_compliance_summaries()["ResourceComplianceSummaryItems"]
    nodes = list(world.fleet.nodes)

    assert {s["ComplianceType"] for s in summaries} == {"Patch", "Association"}
    assert {s["ResourceId"] for s in summaries} <= set(nodes)
    assert [a["AssociationName"] for a in ssm.list_associations()["Associations"]] == ["first-scan"]
    ssm.describe_instance_information()
    assert list(world.fleet.nodes) == nodes


def test_the_large_world_is_the_same_whoever_looks_first() -> None:
    one, other = large(), large()
    here, there = list(one.unseen)[40:42]
    for world, places in ((one, (here, there)), (other, (there, here))):
        for place in places:
            world.look(*place)

    assert set(one.fleet.nodes) == set(other.fleet.nodes)


def test_a_saved_world_goes_on_where_it_was_left(sandbox: Sandbox, client: Connect, tmp_path: Path) -> None:
    world = sandbox.world
    client("s3").put_object(Bucket="example-company-reports", Key="kept.txt", Body=b"kept")
    client("ssm", MEMBER).create_association(
        Name="AWS-RunPatchBaseline", Targets=[{"Key": "InstanceIds", "Values": ["*"]}],
        Parameters={"Operation": ["Scan"]}, ScheduleExpression="rate(1 day)",
    )  # fmt: skip
    world.clock.advance(timedelta(minutes=1))
    world.tick()
    sandbox.faults.add(Fault(FaultKind.THROTTLING, service="ssm"))
    save(world, tmp_path / "kept.world")

    again = Sandbox(open_world(str(tmp_path / "kept.world"), BEGIN, 0), strict_answers=True)
    stock(again.world)
    for each in (world, again.world):
        each.clock.advance(timedelta(days=3))
        each.tick()

    assert again.world.now() == world.now()
    assert again.faults == sandbox.faults
    assert [fault.kind for fault in again.faults.planned] == [FaultKind.THROTTLING]
    assert again.world.timeline == world.timeline
    assert again.world.fleet.reports == world.fleet.reports != {}
    told = connect_to(again, "s3", access_key(MANAGEMENT)).get_object(Bucket="example-company-reports", Key="kept.txt")
    assert told["Body"].read() == b"kept"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a saved world"),
        (b"\x80\x04]\x94.", "is not a saved world"),
        (b"sandbox world 1\n\x80\x04]\x94.", "was saved in format 1; this sandbox reads format"),
        (b"sandbox world %d\n" % FORMAT, "cannot be read"),
        (b"sandbox world %d\n\x80\x04]\x94." % FORMAT, "holds no world"),
    ],
)
def test_a_file_that_is_no_world_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "odd.world").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        load(tmp_path / "odd.world")


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch harmed",)


def test_a_file_that_wants_to_run_something_else_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.world").write_bytes(b"sandbox world %d\n" % FORMAT + pickle.dumps(Harm()))

    with pytest.raises(ValueError, match="system, which is no part of a world"):
        load(tmp_path / "odd.world")
    assert not (tmp_path / "harmed").exists()


def test_a_world_of_ones_own_is_a_file_of_words(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        """
        [organization]
        id = "o-mine000001"
        root = "r-mine"
        management = "111122223333"
        regions = ["eu-west-1"]
        [[accounts]]
        id = "111122223333"
        name = "Only one"
        [[nodes]]
        instance_id = "i-0123456789abcdef0"
        account_id = "111122223333"
        region = "eu-west-1"
        name = "alone"
        operating_system = "UBUNTU"
        tags = { Name = "alone" }
        """
    )
    world = open_world(str(tmp_path / "mine.toml"), BEGIN, 0)
    assert [n.name for n in world.fleet.within(MANAGEMENT, "eu-west-1")] == ["alone"]

    (tmp_path / "mine.toml").write_text("[organization]\nid = 'o-mine000001'\n")
    with pytest.raises(ValueError, match="does not declare a world: KeyError"):
        open_world(str(tmp_path / "mine.toml"), BEGIN, 0)


@pytest.mark.parametrize(
    ("speed", "seconds", "passed"),
    [(0, 3600, timedelta(0)), (1, 90, timedelta(seconds=90)), (1440, 60, timedelta(days=1))],
    ids=["stepped", "real", "a day in a minute"],
)
def test_the_clock_is_stepped_real_or_accelerated(
    monkeypatch: pytest.MonkeyPatch, speed: float, seconds: float, passed: timedelta
) -> None:
    real = [100.0]
    monkeypatch.setattr("sandbox.engine.clock.time", SimpleNamespace(monotonic=lambda: real[0]))
    clock = Clock(BEGIN, speed, real[0])
    real[0] += seconds
    assert clock.now() == BEGIN + passed

    clock.advance(timedelta(hours=2))
    clock.set_speed(0)
    real[0] += seconds
    assert clock.now() == BEGIN + passed + timedelta(hours=2)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))


def test_the_empty_world_has_instances_and_nothing_set_up() -> None:
    served = Sandbox(WORLDS["empty"](BEGIN, 0), strict_answers=True)
    stock(served.world)
    management = access_key(MANAGEMENT)

    access = connect_to(served, "cloudformation", management).describe_organizations_access()
    roles = connect_to(served, "iam", access_key(MEMBER)).list_roles()["Roles"]
    instances = connect_to(served, "ec2", access_key(MEMBER)).describe_instances()["Reservations"]

    assert access["Status"] == "DISABLED"
    assert [role["RoleName"] for role in roles] == ["OrganizationAccountAccessRole"]
    assert len(instances) > 10
    assert not any("IamInstanceProfile" in r["Instances"][0] for r in instances)
    assert (
        connect_to(served, "ssm", access_key(MEMBER)).describe_instance_information()["InstanceInformationList"] == []
    )
    assert served.storage.bucket_names(MANAGEMENT) == []
