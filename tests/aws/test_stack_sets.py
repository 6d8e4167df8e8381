"""Stack sets and their instances, against the sandbox's CloudFormation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from policies.aws.actual import read_actual
from policies.aws.connect import Aws
from policies.aws.errors import PermanentProblem
from policies.aws.stack_instances import (
    InstanceFact,
    OperationState,
    Where,
    create_instances,
    delete_instances,
    read_instances,
    read_operation,
)
from policies.aws.stack_sets import create_stack_set, delete_stack_set, read_stack_set, update_stack_set
from policies.domain import naming
from policies.domain.resources import PermissionModel, Place, StackInstances, StackSet
from policies.domain.status import InstanceStatus
from sandbox.engine.world import World
from tests.worlds import MANAGEMENT

HOME = "us-east-1"
PRODUCTION = "ou-demo-prod0001"
PLACE = Place(MANAGEMENT, HOME, "o-demoorg001", "r-demo")


def template(rate: str = "rate(1 day)") -> str:
    association: dict[str, Any] = {"Type": "AWS::SSM::Association", "Properties": {"Name": "AWS-RunPatchBaseline"}}
    association["Properties"]["Parameters"] = {"Operation": ["Scan"]}
    association["Properties"] |= {"ScheduleExpression": rate, "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Scan": association}})


def for_units(rate: str = "rate(1 day)") -> StackSet:
    return StackSet(
        name=naming.stack_set("TA", "abcde"),
        region=HOME,
        template=template(rate),
        permission_model=PermissionModel.SERVICE_MANAGED,
        tags=naming.resource_tags("abcde"),
        auto_deployment=True,
    )


def for_management() -> StackSet:
    return StackSet(
        name=naming.stack_set("MA", "abcde"),
        region=HOME,
        template=template(),
        permission_model=PermissionModel.SELF_MANAGED,
        tags=naming.resource_tags("abcde"),
        administration_role_arn=(f"arn:aws:iam::{MANAGEMENT}:role/AWS-QuickSetup-PatchPolicy-LocalAdministrationRole"),
        execution_role_name="AWS-QuickSetup-PatchPolicy-LocalExecutionRole",
    )


def deploy(aws: Aws, where: Where, operation_id: str = "op-1") -> None:
    create_stack_set(aws, for_units(), "token")
    create_instances(aws, for_units().name, HOME, where, operation_id)


def let_pass(world: World, minutes: int = 10) -> None:
    world.clock.advance(timedelta(minutes=minutes))
    world.tick()


@pytest.mark.parametrize("wanted", [for_units(), for_management()])
def test_a_stack_set_reads_back_as_it_was_wanted(aws: Aws, wanted: StackSet) -> None:
    create_stack_set(aws, wanted, "token")
    found = read_stack_set(aws, wanted.name, HOME)
    assert found
    assert (found.resource, found.unit_ids) == (wanted, ())


def test_making_a_stack_set_again_with_its_token_is_the_same_request(aws: Aws) -> None:
    create_stack_set(aws, for_units(), "token")
    create_stack_set(aws, for_units(), "token")
    with pytest.raises(PermanentProblem, match="NameAlreadyExistsException"):
        create_stack_set(aws, for_units(), "token-2")


def test_an_operation_is_told_while_it_runs_and_when_it_has_ended(aws: Aws, world: World) -> None:
    deploy(aws, Where(regions=(HOME,), unit_ids=(PRODUCTION,)))
    running = read_operation(aws, for_units().name, HOME, "op-1")
    let_pass(world)
    ended = read_operation(aws, for_units().name, HOME, "op-1")
    assert (running, ended) == (OperationState("RUNNING"), OperationState("SUCCEEDED"))


def test_an_operation_that_was_never_asked_for_is_none(aws: Aws) -> None:
    create_stack_set(aws, for_units(), "token")
    assert read_operation(aws, for_units().name, HOME, "op-1") is None
    assert read_operation(aws, "AWS-QuickSetup-PatchPolicy-TA-zzzzz", HOME, "op-1") is None


def test_starting_an_operation_twice_by_its_id_is_success(aws: Aws, world: World) -> None:
    where = Where(regions=(HOME,), unit_ids=(PRODUCTION,))
    deploy(aws, where)
    create_instances(aws, for_units().name, HOME, where, "op-1")
    let_pass(world)
    assert len(list(read_instances(aws, for_units().name, HOME))) == 3


def test_a_second_operation_queues_behind_the_first(aws: Aws, world: World) -> None:
    where = Where(regions=(HOME,), unit_ids=(PRODUCTION,))
    deploy(aws, where)
    create_instances(aws, for_units().name, HOME, where, "op-2")
    queued = read_operation(aws, for_units().name, HOME, "op-2")
    let_pass(world)
    ended = read_operation(aws, for_units().name, HOME, "op-2")
    assert (queued, ended) == (OperationState("QUEUED"), OperationState("SUCCEEDED"))


def test_instances_are_told_by_account_and_region(aws: Aws, world: World) -> None:
    deploy(aws, Where(regions=(HOME, "eu-west-1"), unit_ids=(PRODUCTION,), account_ids=("555566667777",)))
    let_pass(world)
    assert list(read_instances(aws, for_units().name, HOME)) == [
        InstanceFact("555566667777", HOME, InstanceStatus.SUCCEEDED, is_current=True, unit_id=PRODUCTION),
        InstanceFact("555566667777", "eu-west-1", InstanceStatus.SUCCEEDED, is_current=True, unit_id=PRODUCTION),
    ]


def test_a_failed_instance_tells_its_reason_and_the_operation_counts_it(aws: Aws, world: World) -> None:
    wanted = for_management()
    del world.account(MANAGEMENT).roles["AWS-QuickSetup-PatchPolicy-LocalExecutionRole"]
    create_stack_set(aws, wanted, "token")
    create_instances(aws, wanted.name, HOME, Where(regions=(HOME,), account_ids=(MANAGEMENT,)), "op-1")
    let_pass(world)
    [instance] = read_instances(aws, wanted.name, HOME)
    assert read_operation(aws, wanted.name, HOME, "op-1") == OperationState("SUCCEEDED", failed_instances=1)
    assert (instance.status, instance.is_current) == (InstanceStatus.FAILED, False)
    assert "LocalExecutionRole" in instance.reason


def test_an_update_reaches_every_instance(aws: Aws, world: World) -> None:
    deploy(aws, Where(regions=(HOME,), unit_ids=(PRODUCTION,)))
    let_pass(world)
    update_stack_set(aws, for_units("rate(7 days)"), "op-2")
    let_pass(world)
    found = read_stack_set(aws, for_units().name, HOME)
    assert found
    assert found.resource == for_units("rate(7 days)")
    assert {one.is_current for one in read_instances(aws, for_units().name, HOME)} == {True}


def test_a_stack_set_is_removed_after_its_instances(aws: Aws, world: World) -> None:
    where = Where(regions=(HOME,), unit_ids=(PRODUCTION,))
    deploy(aws, where)
    let_pass(world)
    with pytest.raises(PermanentProblem, match="StackSetNotEmptyException"):
        delete_stack_set(aws, for_units().name, HOME)
    delete_instances(aws, for_units().name, HOME, where, "op-2")
    let_pass(world)
    delete_stack_set(aws, for_units().name, HOME)
    delete_stack_set(aws, for_units().name, HOME)
    assert read_stack_set(aws, for_units().name, HOME) is None
    assert list(read_instances(aws, for_units().name, HOME)) == []


def test_what_exists_is_told_in_the_words_of_the_plan(aws: Aws, world: World) -> None:
    deploy(aws, Where(regions=("eu-west-1", HOME), unit_ids=(PRODUCTION,)))
    create_stack_set(aws, for_management(), "token")
    let_pass(world)
    places = StackInstances(for_units().name, HOME, ("eu-west-1", HOME), unit_ids=(PRODUCTION,))
    assert read_actual(aws, PLACE, "abcde") == (for_units(), for_management(), places)


def test_where_nothing_was_made_nothing_is_told(aws: Aws) -> None:
    assert read_actual(aws, PLACE, "abcde") == ()
