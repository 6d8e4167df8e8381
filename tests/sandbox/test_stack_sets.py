"""Stack sets over an organization: whom they reach, how fast, what they do when something fails or someone moves."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine import membership
from sandbox.engine.organization import STACK_SETS_PRINCIPAL
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect

ROOT, WORKLOADS, PRODUCTION, SHARED = "r-demo", "ou-demo-workload", "ou-demo-prod0001", "ou-demo-infra001"
PROD = ("555566667777", "666677778888", "777788889999")
TEAM = "444455556666"
HOME, IRELAND, TOKYO = "us-east-1", "eu-west-1", "ap-northeast-1"
ALL_AT_ONCE = {
    "RegionConcurrencyType": "PARALLEL", "MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}  # fmt: skip
ADMINISTRATION = "AWS-QuickSetup-PatchPolicy-LocalAdministrationRole"
EXECUTION = "AWS-QuickSetup-PatchPolicy-LocalExecutionRole"


@pytest.fixture
def cfn(client: Connect) -> Any:
    """CloudFormation of the management account."""
    return client("cloudformation")


def template(rate: str = "rate(1 day)", document: str = "AWS-RunPatchBaseline") -> str:
    scan: dict[str, Any] = {
        "Name": document,
        "ScheduleExpression": rate,
        "Targets": [{"Key": "InstanceIds", "Values": ["*"]}],
    }
    if document == "AWS-RunPatchBaseline":
        scan["Parameters"] = {"Operation": ["Scan"]}
    return json.dumps({"Resources": {"Scan": {"Type": "AWS::SSM::Association", "Properties": scan}}})


def make(cfn: Any, body: str = "", *, follow: bool = False, retain: bool = False, **more: Any) -> None:
    automatic = {"Enabled": follow, **({"RetainStacksOnAccountRemoval": retain} if follow else {})}
    cfn.create_stack_set(StackSetName="S", TemplateBody=body or template(), PermissionModel="SERVICE_MANAGED",
                         AutoDeployment=automatic, **more)  # fmt: skip


def make_own(cfn: Any, **more: Any) -> None:
    arn = f"arn:aws:iam::{MANAGEMENT}:role/{ADMINISTRATION}"
    cfn.create_stack_set(StackSetName="S", TemplateBody=template(), AdministrationRoleARN=arn,
                         ExecutionRoleName=EXECUTION, **more)  # fmt: skip


def units(*unit_ids: str, accounts: tuple[str, ...] = (), kind: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"OrganizationalUnitIds": list(unit_ids)}
    return told | ({"Accounts": list(accounts)} if accounts else {}) | ({"AccountFilterType": kind} if kind else {})


def deploy(cfn: Any, world: World, targets: dict[str, Any], *regions: str, **more: Any) -> str:
    asked = {"StackSetName": "S", "OperationPreferences": ALL_AT_ONCE, "Regions": list(regions or (HOME,)), **more}
    operation_id = cfn.create_stack_instances(DeploymentTargets=targets, **asked)["OperationId"]
    let_pass(world)
    return str(operation_id)


def let_pass(world: World, minutes: float = 60) -> None:
    world.clock.advance(timedelta(minutes=minutes))
    world.tick()


def instances(cfn: Any, **narrow: Any) -> list[dict[str, Any]]:
    pages = cfn.get_paginator("list_stack_instances").paginate(StackSetName="S", **narrow)
    return [each for page in pages for each in page["Summaries"]]


def places(cfn: Any) -> set[tuple[str, str]]:
    return {(i["Account"], i["Region"]) for i in instances(cfn)}


def operation(cfn: Any, operation_id: str) -> dict[str, Any]:
    told = cfn.describe_stack_set_operation(StackSetName="S", OperationId=operation_id)
    return dict(told["StackSetOperation"])


def results(cfn: Any, operation_id: str, **narrow: Any) -> list[dict[str, Any]]:
    return list(cfn.list_stack_set_operation_results(StackSetName="S", OperationId=operation_id, **narrow)["Summaries"])


def refused(action: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        action(**parameters)
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


def only_where_it_stands(world: World, client: Connect, *accounts: str) -> str:
    """A template that can be deployed only in accounts which have a document of their own."""
    content = json.dumps({"schemaVersion": "2.2", "mainSteps": []})
    for account_id in accounts:
        for region in world.organization.regions:
            ssm = client("ssm", account_id, region)
            ssm.create_document(Name="own", Content=content, DocumentType="Command", DocumentFormat="JSON")
    return template(document="own")


@pytest.mark.parametrize(
    ("targets", "reached"),
    [
        (units(PRODUCTION), set(PROD)),
        (units(WORKLOADS), {*PROD, TEAM}),
        (units(ROOT), {*PROD, TEAM, "222233334444", "333344445555"}),
        (units(WORKLOADS, accounts=(MEMBER, "222233334444"), kind="INTERSECTION"), {MEMBER}),
        (units(WORKLOADS, accounts=(MEMBER,), kind="DIFFERENCE"), {*PROD, TEAM} - {MEMBER}),
        (units(PRODUCTION, WORKLOADS, kind="NONE"), {*PROD, TEAM}),
    ],
)
def test_units_and_filters_choose_accounts_and_never_the_management_one(
    cfn: Any, world: World, targets: dict[str, Any], reached: set[str]
) -> None:
    make(cfn)
    assert operation(cfn, deploy(cfn, world, targets))["Status"] == "SUCCEEDED"
    assert places(cfn) == {(account, HOME) for account in reached}


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (units(PRODUCTION, accounts=(MEMBER,), kind="UNION"), "UNION is not supported"),
        (units(PRODUCTION, accounts=(MEMBER,)), "UNION is not supported"),
        (units(PRODUCTION, kind="INTERSECTION"), "Accounts must be specified"),
        (units(PRODUCTION, accounts=(MEMBER,), kind="NONE"), "cannot be specified"),
        ({"Accounts": [MEMBER]}, "Organizational unit IDs are required"),
        (units("ou-demo-gone1234"), "not found"),
        ({"OrganizationalUnitIds": [ROOT], "AccountsUrl": "s3://b/k"}, "AccountsUrl"),
    ],
)
def test_targets_that_stack_sets_does_not_take_are_refused(cfn: Any, targets: dict[str, Any], told: str) -> None:
    make(cfn)
    create = cfn.create_stack_instances
    assert told in refused(create, StackSetName="S", DeploymentTargets=targets, Regions=[HOME])
    assert cfn.list_stack_set_operations(StackSetName="S")["Summaries"] == []


def test_a_union_may_be_deleted(cfn: Any, world: World) -> None:
    make(cfn)
    deploy(cfn, world, units(ROOT))
    cfn.delete_stack_instances(StackSetName="S", DeploymentTargets=units(PRODUCTION, accounts=(TEAM,)), Regions=[HOME],
                               RetainStacks=False, OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    let_pass(world)
    assert {account for account, _ in places(cfn)} == {"222233334444", "333344445555"}
    assert len(world.associations.all) == 2


def test_a_suspended_account_is_skipped_and_stays(cfn: Any, world: World) -> None:
    make(cfn)
    membership.suspend(world, MEMBER)
    operation_id = deploy(cfn, world, units(PRODUCTION))
    [skipped] = instances(cfn, StackInstanceAccount=MEMBER)
    assert skipped["StackInstanceStatus"] == {"DetailedStatus": "SKIPPED_SUSPENDED_ACCOUNT"}
    assert (skipped["Status"], "StackId" in skipped) == ("OUTDATED", False)
    assert operation(cfn, operation_id)["Status"] == "SUCCEEDED"


@pytest.mark.parametrize("retain", [False, True])
def test_a_suspended_account_leaves_the_set_when_its_stack_is_retained(cfn: Any, world: World, retain: bool) -> None:
    make(cfn)
    deploy(cfn, world, units(PRODUCTION))
    membership.suspend(world, MEMBER)
    cfn.delete_stack_instances(StackSetName="S", DeploymentTargets=units(PRODUCTION), Regions=[HOME],
                               RetainStacks=retain, OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    let_pass(world)
    assert [left["Account"] for left in instances(cfn)] == ([] if retain else [MEMBER])


def test_regions_come_one_after_another_in_the_order_wished(cfn: Any, world: World) -> None:
    make(cfn)
    asked = {"RegionOrder": [TOKYO, HOME], "MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100}
    operation_id = cfn.create_stack_instances(
        StackSetName="S", DeploymentTargets=units(PRODUCTION), Regions=[HOME, TOKYO], OperationPreferences=asked
    )["OperationId"]
    begun = results(cfn, operation_id)
    assert [r["Region"] for r in begun] == [TOKYO] * 3 + [HOME] * 3
    assert [r["Status"] for r in begun] == ["RUNNING"] * 3 + ["PENDING"] * 3
    let_pass(world, 1.5)
    assert [r["Status"] for r in results(cfn, operation_id)] == ["SUCCEEDED"] * 3 + ["RUNNING"] * 3


@pytest.mark.parametrize(
    ("preferences", "running"),
    [
        ({}, 1),
        ({"MaxConcurrentCount": 2, "FailureToleranceCount": 1}, 2),
        ({"MaxConcurrentCount": 4, "FailureToleranceCount": 1}, 2),
        ({"MaxConcurrentCount": 4, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}, 4),
        ({"MaxConcurrentPercentage": 50, "FailureTolerancePercentage": 50}, 3),
        ({"MaxConcurrentPercentage": 1, "FailureTolerancePercentage": 50}, 1),
        ({"RegionConcurrencyType": "PARALLEL", "MaxConcurrentCount": 2, "FailureToleranceCount": 1}, 4),
    ],
)
def test_as_many_accounts_at_once_as_the_preferences_allow(cfn: Any, preferences: dict[str, Any], running: int) -> None:
    make(cfn)
    operation_id = cfn.create_stack_instances(
        StackSetName="S", DeploymentTargets=units(ROOT), Regions=[HOME, TOKYO], OperationPreferences=preferences
    )["OperationId"]
    assert Counter(r["Status"] for r in results(cfn, operation_id))["RUNNING"] == running


def test_preferences_that_contradict_each_other_are_refused(cfn: Any) -> None:
    make(cfn)
    asked = {"MaxConcurrentCount": 1, "MaxConcurrentPercentage": 5}
    create = cfn.create_stack_instances
    told = refused(create, StackSetName="S", DeploymentTargets=units(ROOT), Regions=[HOME], OperationPreferences=asked)
    assert "but not both" in told


def test_failures_within_tolerance_are_counted_and_the_operation_succeeds(
    cfn: Any, world: World, client: Connect
) -> None:
    make(cfn, only_where_it_stands(world, client, *PROD[1:]))
    told = operation(cfn, deploy(cfn, world, units(PRODUCTION)))
    assert (told["Status"], told["StatusDetails"]) == ("SUCCEEDED", {"FailedStackInstancesCount": 1})
    [failed] = instances(cfn, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}])
    assert (failed["Account"], failed["Status"]) == (MEMBER, "OUTDATED")
    assert failed["StatusReason"].startswith(
        "ResourceLogicalId:Scan, ResourceType:AWS::SSM::Association, ResourceStatusReason:"
    )
    [row] = results(cfn, told["OperationId"], Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}])
    assert (row["Account"], row["OrganizationalUnitId"]) == (MEMBER, PRODUCTION)


def test_more_failures_than_tolerated_cancel_what_has_not_begun(cfn: Any, world: World, client: Connect) -> None:
    make(cfn, only_where_it_stands(world, client, *PROD[1:]))
    told = operation(cfn, deploy(cfn, world, units(PRODUCTION), HOME, TOKYO, OperationPreferences={}))
    assert told["Status"] == "FAILED"
    statuses = Counter(r["Status"] for r in results(cfn, told["OperationId"]))
    assert statuses == {"FAILED": 1, "CANCELLED": 5}
    assert {i["StackInstanceStatus"]["DetailedStatus"] for i in instances(cfn)} == {"FAILED", "CANCELLED"}


def test_what_failed_is_tried_again_with_a_new_stack(cfn: Any, world: World, client: Connect) -> None:
    make(cfn, only_where_it_stands(world, client))
    deploy(cfn, world, units(PRODUCTION))
    only_where_it_stands(world, client, *PROD)
    deploy(cfn, world, units(PRODUCTION))
    assert {i["Status"] for i in instances(cfn)} == {"CURRENT"}
    here = client("cloudformation", MEMBER)
    assert [s["StackStatus"] for s in here.list_stacks()["StackSummaries"]] == ["CREATE_COMPLETE", "DELETE_COMPLETE"]


def test_an_operation_that_is_stopped_ends_with_what_runs(cfn: Any, world: World) -> None:
    make(cfn)
    operation_id = cfn.create_stack_instances(
        StackSetName="S", DeploymentTargets=units(PRODUCTION), Regions=[HOME], OperationId="one"
    )["OperationId"]
    cfn.stop_stack_set_operation(StackSetName="S", OperationId=operation_id)
    assert operation(cfn, operation_id)["Status"] == "STOPPING"
    let_pass(world)
    assert operation(cfn, operation_id)["Status"] == "STOPPED"
    assert Counter(r["Status"] for r in results(cfn, operation_id)) == {"SUCCEEDED": 1, "CANCELLED": 2}
    stop = cfn.stop_stack_set_operation
    assert "InvalidOperationException" in refused(stop, StackSetName="S", OperationId=operation_id)
    assert "OperationNotFoundException" in refused(stop, StackSetName="S", OperationId="two")


def test_an_operation_id_is_used_once(cfn: Any, world: World) -> None:
    make(cfn)
    deploy(cfn, world, units(PRODUCTION), OperationId="one")
    create = cfn.create_stack_instances
    asked = {"StackSetName": "S", "DeploymentTargets": units(PRODUCTION), "Regions": [HOME], "OperationId": "one"}
    assert "OperationIdAlreadyExistsException" in refused(create, **asked)


def test_managed_execution_queues_operations_in_the_order_of_their_coming(cfn: Any, world: World) -> None:
    make(cfn, ManagedExecution={"Active": True})
    asked = {"StackSetName": "S", "DeploymentTargets": units(PRODUCTION), "Regions": [HOME],
             "OperationPreferences": ALL_AT_ONCE}  # fmt: skip
    cfn.create_stack_instances(OperationId="one", **asked)
    cfn.update_stack_set(StackSetName="S", TemplateBody=template("rate(2 days)"), OperationId="two",
                         OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    cfn.delete_stack_instances(OperationId="three", RetainStacks=False, **asked)
    listed = cfn.list_stack_set_operations(StackSetName="S")["Summaries"]
    assert [(o["OperationId"], o["Status"]) for o in listed] == [
        ("three", "QUEUED"), ("two", "QUEUED"), ("one", "RUNNING")
    ]  # fmt: skip
    assert json.dumps(cfn.describe_stack_set(StackSetName="S")["StackSet"]["TemplateBody"]) == json.dumps(template())
    cfn.stop_stack_set_operation(StackSetName="S", OperationId="three")
    let_pass(world)
    assert {o["Status"] for o in cfn.list_stack_set_operations(StackSetName="S")["Summaries"]} == {
        "SUCCEEDED", "STOPPED"
    }  # fmt: skip
    assert {a.facts["ScheduleExpression"] for a in world.associations.all.values()} == {"rate(2 days)"}


def test_an_update_of_some_leaves_the_others_outdated(cfn: Any, world: World) -> None:
    make(cfn)
    deploy(cfn, world, units(PRODUCTION))
    cfn.update_stack_set(StackSetName="S", TemplateBody=template("rate(2 days)"), Regions=[HOME],
                         DeploymentTargets=units(PRODUCTION, accounts=(MEMBER,), kind="INTERSECTION"))  # fmt: skip
    let_pass(world)
    assert {i["Account"]: i["Status"] for i in instances(cfn)} == {
        MEMBER: "CURRENT", PROD[1]: "OUTDATED", PROD[2]: "OUTDATED"
    }  # fmt: skip
    nowhere = units(ROOT, accounts=(TEAM,), kind="INTERSECTION")
    update = cfn.update_stack_set
    told = refused(update, StackSetName="S", UsePreviousTemplate=True, DeploymentTargets=nowhere, Regions=[HOME])
    assert "StackInstanceNotFoundException" in told


def test_a_failed_update_has_changed_the_set_all_the_same(cfn: Any, world: World) -> None:
    make(cfn)
    deploy(cfn, world, units(PRODUCTION))
    broken = template("rate(1 minute)")
    operation_id = cfn.update_stack_set(StackSetName="S", TemplateBody=broken)["OperationId"]
    let_pass(world)
    assert operation(cfn, operation_id)["Status"] == "FAILED"
    assert cfn.describe_stack_set(StackSetName="S")["StackSet"]["TemplateBody"] == broken
    assert {i["Status"] for i in instances(cfn)} == {"OUTDATED"}
    assert {a.facts["ScheduleExpression"] for a in world.associations.all.values()} == {"rate(1 day)"}


def test_parameters_may_be_overridden_at_some_places(cfn: Any, world: World) -> None:
    declared = json.loads(template())
    declared["Parameters"] = {"Rate": {"Type": "String", "Default": "rate(1 day)"}}
    declared["Resources"]["Scan"]["Properties"]["ScheduleExpression"] = {"Ref": "Rate"}
    make(cfn, json.dumps(declared))
    override = [{"ParameterKey": "Rate", "ParameterValue": "rate(3 days)"}]
    deploy(cfn, world, units(PRODUCTION))
    deploy(cfn, world, units(SHARED), ParameterOverrides=override)
    rates = {a.account_id: a.facts["ScheduleExpression"] for a in world.associations.all.values()}
    assert (rates[MEMBER], rates["222233334444"]) == ("rate(1 day)", "rate(3 days)")
    told = cfn.describe_stack_instance(StackSetName="S", StackInstanceAccount="222233334444", StackInstanceRegion=HOME)[
        "StackInstance"
    ]
    assert told["ParameterOverrides"] == override
    cfn.update_stack_instances(StackSetName="S", DeploymentTargets=units(SHARED), Regions=[HOME],
                               ParameterOverrides=[], OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    let_pass(world)
    assert {a.facts["ScheduleExpression"] for a in world.associations.all.values()} == {"rate(1 day)"}


def test_a_deletion_that_fails_leaves_it_inoperable_until_the_stack_is_retained(
    cfn: Any, world: World, client: Connect
) -> None:
    make(cfn)
    deploy(cfn, world, units(PRODUCTION))
    here = client("cloudformation", MEMBER)
    [stack] = here.describe_stacks()["Stacks"]
    here.update_termination_protection(StackName=stack["StackName"], EnableTerminationProtection=True)
    asked = {"StackSetName": "S", "DeploymentTargets": units(PRODUCTION), "Regions": [HOME],
             "OperationPreferences": ALL_AT_ONCE}  # fmt: skip

    cfn.delete_stack_instances(RetainStacks=False, **asked)
    let_pass(world)
    [left] = instances(cfn)
    assert (left["Account"], left["Status"]) == (MEMBER, "INOPERABLE")
    assert "TerminationProtection" in left["StatusReason"]

    cfn.delete_stack_instances(RetainStacks=True, **asked)
    let_pass(world)
    assert instances(cfn) == []
    assert len(here.describe_stacks()["Stacks"]) == 1
    assert {a.account_id for a in world.associations.all.values()} == {MEMBER}


def test_an_account_that_joins_a_targeted_unit_gets_its_instances_by_itself(cfn: Any, world: World) -> None:
    make(cfn, follow=True)
    deploy(cfn, world, units(WORKLOADS), HOME, TOKYO)
    newcomer = membership.join(world, "Newcomer", PRODUCTION).account_id
    elsewhere = membership.join(world, "Elsewhere", SHARED).account_id
    let_pass(world)
    assert {(newcomer, HOME), (newcomer, TOKYO)} < places(cfn)
    assert elsewhere not in {account for account, _ in places(cfn)}
    told = cfn.list_stack_set_operations(StackSetName="S")["Summaries"][0]
    assert (told["Action"], told["Status"]) == ("CREATE", "SUCCEEDED")
    assert cfn.list_stack_set_auto_deployment_targets(StackSetName="S")["Summaries"] == [
        {"OrganizationalUnitId": WORKLOADS, "Regions": [TOKYO, HOME]}
    ]


@pytest.mark.parametrize("retain", [False, True])
def test_an_account_that_moves_away_loses_them(cfn: Any, world: World, retain: bool) -> None:
    make(cfn, follow=True, retain=retain)
    deploy(cfn, world, units(WORKLOADS))
    membership.move(world, MEMBER, SHARED)
    membership.move(world, TEAM, PRODUCTION)
    let_pass(world)
    assert {account for account, _ in places(cfn)} == {PROD[1], PROD[2], TEAM}
    assert (MEMBER in {a.account_id for a in world.associations.all.values()}) == retain


def test_an_account_that_leaves_loses_them_behind_what_runs(cfn: Any, world: World) -> None:
    make(cfn, follow=True)
    deploy(cfn, world, units(WORKLOADS))
    cfn.update_stack_set(StackSetName="S", TemplateBody=template("rate(2 days)"))
    membership.leave(world, MEMBER)
    let_pass(world, 0.1)
    assert cfn.list_stack_set_operations(StackSetName="S")["Summaries"][0]["Status"] == "QUEUED"
    let_pass(world)
    assert MEMBER not in {account for account, _ in places(cfn)}
    assert MEMBER not in {a.account_id for a in world.associations.all.values()}


def test_without_automatic_deployment_nothing_follows(cfn: Any, world: World) -> None:
    make(cfn)
    deploy(cfn, world, units(WORKLOADS))
    membership.join(world, "Newcomer", PRODUCTION)
    membership.move(world, MEMBER, SHARED)
    let_pass(world)
    assert {account for account, _ in places(cfn)} == {*PROD, TEAM}
    cfn.delete_stack_instances(StackSetName="S", DeploymentTargets=units(WORKLOADS), Regions=[HOME],
                               RetainStacks=False, OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    let_pass(world)
    assert places(cfn) == set()


def test_a_self_managed_set_reaches_accounts_whose_role_trusts_the_administration_role(cfn: Any, world: World) -> None:
    make_own(cfn)
    asked = {"StackSetName": "S", "Accounts": [MANAGEMENT, MEMBER, TEAM], "Regions": [HOME],
             "OperationPreferences": ALL_AT_ONCE}  # fmt: skip
    trusting = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"}
    world.account(MEMBER).roles[EXECUTION].trust = {"Version": "2012-10-17", "Statement": [trusting]}
    operation_id = cfn.create_stack_instances(**asked)["OperationId"]
    let_pass(world)
    told = {r["Account"]: r["Status"] for r in results(cfn, operation_id)}
    assert told == {MANAGEMENT: "SUCCEEDED", MEMBER: "SUCCEEDED", TEAM: "FAILED"}
    [failed] = results(cfn, operation_id, Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}])
    assert failed["StatusReason"] == (
        f"Account {TEAM} should have '{EXECUTION}' role with trust relationship to Role '{ADMINISTRATION}'."
    )


def test_a_self_managed_set_needs_its_administration_role(cfn: Any, world: World) -> None:
    assert "AWSCloudFormationStackSetAdministrationRole" in refused(
        cfn.create_stack_set, StackSetName="S", TemplateBody=template()
    )
    make_own(cfn)
    world.account(MANAGEMENT).roles[ADMINISTRATION].trust["Statement"][0]["Principal"] = {
        "Service": "ec2.amazonaws.com"
    }
    cfn.create_stack_instances(StackSetName="S", Accounts=[MANAGEMENT], Regions=[HOME])
    let_pass(world)
    assert "trust relationship to CloudFormation service" in instances(cfn)[0]["StatusReason"]
    create = cfn.create_stack_instances
    told = refused(create, StackSetName="S", DeploymentTargets=units(ROOT), Regions=[HOME])
    assert "not supported for self managed" in told


def test_a_delegated_administrator_works_on_the_organizations_sets(cfn: Any, world: World, client: Connect) -> None:
    member = client("cloudformation", MEMBER)
    asked = {"StackSetName": "S", "TemplateBody": template(), "PermissionModel": "SERVICE_MANAGED"}
    assert "not a delegated administrator" in refused(member.create_stack_set, **asked)
    assert "not a delegated administrator" in refused(member.create_stack_set, CallAs="DELEGATED_ADMIN", **asked)

    client("organizations").register_delegated_administrator(AccountId=MEMBER, ServicePrincipal=STACK_SETS_PRINCIPAL)
    member.create_stack_set(CallAs="DELEGATED_ADMIN", **asked)
    make_name = cfn.list_stack_sets(Status="ACTIVE")["Summaries"]
    assert [s["StackSetName"] for s in make_name] == ["S"]
    assert member.list_stack_sets()["Summaries"] == []
    member.create_stack_instances(StackSetName="S", DeploymentTargets=units(PRODUCTION), Regions=[HOME],
                                  CallAs="DELEGATED_ADMIN", OperationPreferences=ALL_AT_ONCE)  # fmt: skip
    let_pass(world)
    assert {i["Status"] for i in instances(cfn)} == {"CURRENT"}
    assert "StackSetNotFoundException" in refused(member.describe_stack_set, StackSetName="S")


def test_without_trusted_access_nothing_is_deployed(cfn: Any, world: World) -> None:
    make(cfn)
    cfn.deactivate_organizations_access()
    create = cfn.create_stack_instances
    told = refused(create, StackSetName="S", DeploymentTargets=units(ROOT), Regions=[HOME])
    assert "You must enable organizations access" in told
    assert cfn.describe_organizations_access()["Status"] == "DISABLED"
    cfn.activate_organizations_access()
    assert cfn.describe_organizations_access()["Status"] == "ENABLED"


def test_a_set_s_template_is_summed_up(cfn: Any, client: Connect) -> None:
    make(cfn)
    assert cfn.get_template_summary(StackSetName="S")["ResourceTypes"] == ["AWS::SSM::Association"]
    outsider = client("cloudformation", "555566667777")
    told = refused(outsider.get_template_summary, StackSetName="S", CallAs="DELEGATED_ADMIN")
    assert "ValidationError" in told


def test_a_token_makes_a_repeated_creation_the_same_one(cfn: Any, world: World) -> None:
    asked = {"StackSetName": "S", "TemplateBody": template(), "PermissionModel": "SERVICE_MANAGED"}
    made = cfn.create_stack_set(ClientRequestToken="t", **asked)["StackSetId"]
    create = cfn.create_stack_set
    assert create(ClientRequestToken="t", **asked)["StackSetId"] == made
    assert "NameAlreadyExistsException" in refused(create, ClientRequestToken="u", **asked)
    other = {**asked, "TemplateBody": template("rate(2 days)")}
    assert "CreatedButModifiedException" in refused(create, ClientRequestToken="t", **other)


def test_a_deleted_set_is_still_told_of(cfn: Any) -> None:
    make(cfn)
    told = cfn.describe_stack_set(StackSetName="S")["StackSet"]
    cfn.delete_stack_set(StackSetName="S")
    cfn.delete_stack_set(StackSetName="S")
    assert [s["StackSetId"] for s in cfn.list_stack_sets(Status="DELETED")["Summaries"]] == [told["StackSetId"]]
    assert cfn.list_stack_sets(Status="ACTIVE")["Summaries"] == []
    assert cfn.describe_stack_set(StackSetName=told["StackSetId"])["StackSet"]["Status"] == "DELETED"
    assert "StackSetNotFoundException" in refused(cfn.describe_stack_set, StackSetName="S")


def test_instances_are_found_by_what_they_are(cfn: Any, world: World) -> None:
    make(cfn)
    first = deploy(cfn, world, units(PRODUCTION), HOME, TOKYO)
    second = deploy(cfn, world, units(SHARED))
    assert len(instances(cfn, Filters=[{"Name": "LAST_OPERATION_ID", "Values": first}])) == 6
    assert len(instances(cfn, Filters=[{"Name": "LAST_OPERATION_ID", "Values": second}])) == 2
    assert len(instances(cfn, StackInstanceRegion=TOKYO)) == 3
    assert len(instances(cfn, StackInstanceRegion=TOKYO, StackInstanceAccount=MEMBER)) == 1
    assert len(instances(cfn, Filters=[{"Name": "DRIFT_STATUS", "Values": "NOT_CHECKED"}])) == 8
    assert {i["OrganizationalUnitId"] for i in instances(cfn)} == {PRODUCTION, SHARED}
    describe = cfn.describe_stack_instance
    told = refused(describe, StackSetName="S", StackInstanceAccount=TEAM, StackInstanceRegion=HOME)
    assert "StackInstanceNotFoundException" in told


def test_no_more_instances_at_once_than_an_administrator_may(
    cfn: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.engine.stack_set_runs.MOST_AT_ONCE", 2)
    make(cfn)
    asked = {"DeploymentTargets": units(ROOT), "Regions": [HOME], "OperationPreferences": ALL_AT_ONCE}
    operation_id = cfn.create_stack_instances(StackSetName="S", **asked)["OperationId"]
    cfn.create_stack_set(StackSetName="T", TemplateBody=template(), PermissionModel="SERVICE_MANAGED")
    other = cfn.create_stack_instances(StackSetName="T", **asked)["OperationId"]
    told = cfn.list_stack_set_operation_results(StackSetName="T", OperationId=other)["Summaries"]
    assert Counter(r["Status"] for r in results(cfn, operation_id)) == {"RUNNING": 2, "PENDING": 4}
    assert Counter(r["Status"] for r in told) == {"PENDING": 6}
    let_pass(world)
    ended = cfn.describe_stack_set_operation(StackSetName="T", OperationId=other)["StackSetOperation"]
    assert (operation(cfn, operation_id)["Status"], ended["Status"]) == ("SUCCEEDED", "SUCCEEDED")
