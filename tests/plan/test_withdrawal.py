"""Access is taken off the roles of nodes again, and nothing else is: the runbook in a simulated organization."""

from __future__ import annotations

import json

import pytest

from policies.domain.resources import PermissionModel, StackInstances, StackSet
from policies.plan.automation import NodeKind, automation_content
from policies.plan.changes import Action
from policies.plan.template import make_template
from policies.plan.withdrawal import make_removal, withdrawing_template
from sandbox.engine.automations import run_automation
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal, Role
from sandbox.engine.world import World
from sandbox.registry import OPERATIONS
from sandbox.worlds import WORLDS
from tests.plan.specs import ID, PLACE, filled, make_spec
from tests.worlds import BEGIN, MEMBER

REGION = "us-east-1"
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
BASELINE_ACCESS = "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess"


@pytest.fixture
def world() -> World:
    return WORLDS["small"](BEGIN, 0)


def roles(world: World) -> dict[str, Role]:
    return world.account(MEMBER).roles


def stack_set(configuration_id: str = ID, attach_iam: bool = True) -> StackSet:
    template = make_template(make_spec(attach_iam=attach_iam), PLACE, configuration_id, "TA")
    name = f"AWS-QuickSetup-PatchPolicy-TA-{configuration_id}"
    return StackSet(name, REGION, template, PermissionModel.SERVICE_MANAGED, tags={})


def give(world: World, configuration_id: str = ID) -> None:
    """The policy's automation meets every node of one account's first Region."""
    for node in world.fleet.within(MEMBER, REGION):
        kind = NodeKind.HYBRID if node.is_hybrid else NodeKind.EC2
        content = automation_content(kind, "", configuration_id, "aws")
        assert run_automation(world, content, {"InstanceId": [node.instance_id]}, Principal(MEMBER), REGION) == ""


def take_back(world: World, configuration_id: str = ID) -> str:
    """The runbook's failure, "" when it ended well."""
    made = filled(withdrawing_template(stack_set(configuration_id)), region=REGION)
    content = {**made["DetachIAMFromNodesDocument"]["Properties"]["Content"], "assumeRole": ""}
    return run_automation(world, content, {}, Principal(MEMBER), REGION)


def facts(world: World) -> dict[str, tuple[list[str], dict[str, str]]]:
    return {name: (list(role.attached), dict(role.tags)) for name, role in roles(world).items()}


def test_roles_are_again_as_they_were(world: World) -> None:
    before = facts(world)

    give(world)
    assert facts(world) != before

    assert [take_back(world), take_back(world)] == ["", ""]
    assert facts(world) == before


def test_a_role_whose_nodes_are_gone_is_found_by_what_is_attached(world: World) -> None:
    before = facts(world)
    give(world)
    world.fleet.nodes.clear()

    assert take_back(world) == ""
    assert facts(world) == before


def test_what_a_role_had_before_stays(world: World) -> None:
    roles(world)["app-server"].attached = [CORE, BASELINE_ACCESS]
    give(world)

    assert take_back(world) == ""
    assert roles(world)["app-server"].attached == [CORE, BASELINE_ACCESS]


def test_what_another_policy_needs_stays_until_that_one_goes(world: World) -> None:
    before = facts(world)
    give(world)
    give(world, "other")

    assert take_back(world) == ""
    app = roles(world)["app-server"]
    assert (CORE in app.attached, BASELINE_ACCESS in app.attached) == (True, True)
    assert f"QSConfigId-{ID}" not in app.tags
    assert app.tags["QSConfigId-other"] == "other"

    assert take_back(world, "other") == ""
    assert facts(world) == before


def test_a_role_that_another_product_tagged_is_left_alone(world: World) -> None:
    roles(world)["app-server"].tags = {"QSConfigId-other": "other"}

    assert take_back(world) == ""
    assert roles(world)["app-server"].tags == {"QSConfigId-other": "other"}


def test_where_the_boundary_hides_a_role_only_the_tag_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> dict[str, object]:
        raise AwsError("AccessDenied", "not within the permissions boundary", 403)

    for action in ("ListRoleTags", "ListAttachedRolePolicies", "ListEntitiesForPolicy"):
        monkeypatch.setitem(OPERATIONS, ("iam", action), refuse)
    give(world)

    assert take_back(world) == ""
    app = roles(world)["app-server"]
    assert (sorted(app.attached), app.tags) == (sorted([CORE, BASELINE_ACCESS]), {})


def test_access_is_taken_back_before_the_stacks_that_can_do_it_are_gone() -> None:
    standing = stack_set()
    places = StackInstances(standing.name, REGION, (REGION,), unit_ids=("r-demo",))

    changes = make_removal((standing, places), gave_access=True).changes

    assert [(change.action, type(change.resource)) for change in changes] == [
        (Action.UPDATE, StackSet), (Action.DELETE, StackInstances), (Action.DELETE, StackSet),
    ]  # fmt: skip


def test_a_set_that_never_gave_access_or_has_no_stacks_takes_nothing_back() -> None:
    other = stack_set(attach_iam=False)
    places = StackInstances(other.name, REGION, (REGION,), unit_ids=("r-demo",))

    for standing, gave_access in (((other, places), False), ((stack_set(),), True)):
        assert all(change.action is Action.DELETE for change in make_removal(standing, gave_access).changes)


def test_access_is_taken_back_by_a_set_that_gives_it_no_longer() -> None:
    resources = json.loads(withdrawing_template(stack_set(attach_iam=False)))["Resources"]

    assert {"AutomationRole", "DetachIAMFromNodes", "DetachIAMFromNodesDocument"} == set(resources)


def test_turned_round_nothing_patches_and_nothing_gives_access() -> None:
    resources = json.loads(withdrawing_template(stack_set()))["Resources"]

    assert {"ScanForPatches", "InstallPatches"}.isdisjoint(resources)
    given = [resources[f"{name}Document"]["Properties"]["Content"] for name in ("AttachIAMToEc2Nodes",)]
    assert [step["name"] for content in given for step in content["mainSteps"]] == ["Rest"]
    assert resources["DetachIAMFromNodes"]["Properties"]["WaitForSuccessTimeoutSeconds"] == 1800


def test_the_template_that_was_turned_round_once_stays_as_it_is() -> None:
    once = withdrawing_template(stack_set())

    assert withdrawing_template(StackSet(stack_set().name, REGION, once, PermissionModel.SERVICE_MANAGED, {})) == once
