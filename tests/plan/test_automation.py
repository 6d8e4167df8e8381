"""The runbooks that give nodes access, run in a simulated organization: they find the role, or leave the node alone."""

from __future__ import annotations

from typing import Any

import pytest

from policies.plan.automation import NodeKind, automation_content
from sandbox.engine.automations import run_automation
from sandbox.engine.fleet import Node
from sandbox.engine.trust import Principal, Role
from sandbox.engine.world import World
from sandbox.worlds import WORLDS
from tests.plan.specs import ID
from tests.worlds import BEGIN

TAG = {f"QSConfigId-{ID}": ID}
POLICIES = {
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess",
}


@pytest.fixture
def world() -> World:
    return WORLDS["small"](BEGIN, 0)


def find_node(world: World, *, is_hybrid: bool, has_role: bool = True) -> Node:
    return next(
        n for n in world.fleet.nodes.values() if n.is_hybrid is is_hybrid and bool(role_name(world, n)) is has_role
    )


def role_name(world: World, node: Node) -> str:
    if node.is_hybrid or not node.profile_name:
        return node.service_role
    return world.account(node.account_id).profiles[node.profile_name].role_name


def role_of(world: World, node: Node) -> Role:
    return world.account(node.account_id).roles[role_name(world, node)]


def run(world: World, kind: NodeKind, node: Node, instance_id: str = "") -> str:
    """The runbook's failure, "" when it ended well."""
    content = automation_content(kind, "", ID, "aws")
    starter = Principal(node.account_id)
    return run_automation(world, content, {"InstanceId": [instance_id or node.instance_id]}, starter, node.region)


@pytest.mark.parametrize(("kind", "is_hybrid"), [(NodeKind.EC2, False), (NodeKind.HYBRID, True)])
def test_the_role_that_a_node_has_gets_two_policies_and_the_policys_tag(
    world: World, kind: NodeKind, is_hybrid: bool
) -> None:
    node = find_node(world, is_hybrid=is_hybrid)

    assert run(world, kind, node) == ""
    assert set(role_of(world, node).attached) == POLICIES
    assert role_of(world, node).tags.items() >= TAG.items()


def test_the_role_tells_what_it_did_not_have_before(world: World) -> None:
    node = find_node(world, is_hybrid=False)
    before = set(role_of(world, node).attached)

    run(world, NodeKind.EC2, node)
    noted = {key: arn for key, arn in role_of(world, node).tags.items() if key.startswith("QSConfigId-Attached-")}
    run(world, NodeKind.EC2, node)

    assert set(noted.values()) == POLICIES - before
    assert role_of(world, node).tags == {**TAG, **noted}


def test_running_twice_changes_nothing_more(world: World) -> None:
    node = find_node(world, is_hybrid=False)

    assert [run(world, NodeKind.EC2, node), run(world, NodeKind.EC2, node)] == ["", ""]
    assert sorted(role_of(world, node).attached) == sorted(POLICIES)


def test_a_node_without_a_role_is_left_alone_and_is_no_failure(world: World) -> None:
    node = find_node(world, is_hybrid=False, has_role=False)

    assert run(world, NodeKind.EC2, node) == ""
    assert not any(role.tags for role in world.account(node.account_id).roles.values())


def test_an_instance_of_another_account_is_no_failure(world: World) -> None:
    node = find_node(world, is_hybrid=False)

    assert run(world, NodeKind.EC2, node, "i-00000000000000000") == ""


@pytest.mark.parametrize(("kind", "is_hybrid"), [(NodeKind.EC2, True), (NodeKind.HYBRID, False)])
def test_each_runbook_leaves_the_other_kind_of_node_to_the_other(world: World, kind: NodeKind, is_hybrid: bool) -> None:
    node = find_node(world, is_hybrid=is_hybrid)

    assert run(world, kind, node) == ""
    assert role_of(world, node).tags == {}


def test_an_instance_whose_profile_holds_no_role_is_no_failure(world: World) -> None:
    node = find_node(world, is_hybrid=False)
    world.account(node.account_id).profiles[node.profile_name].role_name = ""

    assert run(world, NodeKind.EC2, node) == ""
    assert not any(role.tags for role in world.account(node.account_id).roles.values())


@pytest.mark.parametrize("kind", NodeKind)
def test_a_runbook_names_the_steps_that_it_goes_to(kind: NodeKind) -> None:
    content = automation_content(kind, "arn:role", ID, "aws")

    names = [step["name"] for step in content["mainSteps"]]
    assert len(set(names)) == len(names)
    assert set(_targets(content)) <= set(names)
    assert content["assumeRole"] == "arn:role"


def _targets(content: dict[str, Any]) -> list[str]:
    choices = [choice for step in content["mainSteps"] for choice in step["inputs"].get("Choices", [])]
    return [choice["NextStep"] for choice in choices]
