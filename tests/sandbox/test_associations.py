"""Associations as State Manager keeps them: what it takes, what it refuses, and when they run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.engine import association_rules
from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import EVERYTHING, SCAN, associate, association_of, let_pass, managed, refusal

DAILY = "cron(0 1 * * ? *)"
GONE = "00000000-0000-4000-a000-000000000000"


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def runs(world: World, association_id: str) -> int:
    return len(association_of(world, association_id).executions)


def test_a_new_association_is_being_created_then_runs_at_once_and_then_when_due(ssm: Any, world: World) -> None:
    made = ssm.create_association(
        Name="AWS-RunPatchBaseline", Targets=EVERYTHING, Parameters=SCAN, ScheduleExpression=DAILY,
    )["AssociationDescription"]  # fmt: skip
    assert made["Overview"] == {"Status": "Pending", "DetailedStatus": "Creating"}
    let_pass(world, minutes=5)

    told = ssm.describe_association(AssociationId=made["AssociationId"])["AssociationDescription"]
    assert told["Overview"] == {
        "Status": "Success",
        "DetailedStatus": "Success",
        "AssociationStatusAggregatedCount": {"Success": len(managed(world))},
    }
    assert told["LastSuccessfulExecutionDate"] > told["LastExecutionDate"]
    let_pass(world, days=3)
    assert runs(world, made["AssociationId"]) == 4


def test_one_that_waits_for_its_tick_runs_at_its_ticks_alone(ssm: Any, world: World) -> None:
    made = associate(ssm, ScheduleExpression=DAILY, ApplyOnlyAtCronInterval=True)
    let_pass(world, hours=12)
    assert runs(world, made) == 0
    ssm.update_association(AssociationId=made, Parameters=SCAN, ScheduleExpression=DAILY, ApplyOnlyAtCronInterval=True)
    let_pass(world, hours=2)
    assert runs(world, made) == 1


def test_an_offset_moves_the_tick_by_days(ssm: Any, world: World) -> None:
    made = associate(ssm, ScheduleExpression="cron(0 2 ? * TUE#2 *)", ScheduleOffset=3, ApplyOnlyAtCronInterval=True)
    let_pass(world, days=30)
    assert [e.created_at.isoformat()[:16] for e in association_of(world, made).executions] == ["2026-12-11T02:00"]


def test_one_without_a_schedule_runs_once_and_on_demand(ssm: Any, world: World) -> None:
    made = associate(ssm)
    let_pass(world, days=2)
    assert runs(world, made) == 1
    ssm.start_associations_once(AssociationIds=[made])
    let_pass(world, minutes=5)
    assert runs(world, made) == 2
    assert refusal(ssm.start_associations_once, AssociationIds=[made, GONE]) == "AssociationDoesNotExist"
    assert refusal(ssm.start_associations_once, AssociationIds=[made] * 11) == "ValidationException"


def test_an_update_drops_what_it_does_not_name_and_runs_at_once(ssm: Any, world: World) -> None:
    made = associate(ssm, AssociationName="Nightly", ScheduleExpression=DAILY, MaxErrors="2", SyncCompliance="MANUAL")
    let_pass(world, minutes=5)
    told = ssm.update_association(AssociationId=made, Parameters=SCAN)["AssociationDescription"]
    assert told["AssociationVersion"] == "2"
    assert told["Targets"] == EVERYTHING
    assert not {"AssociationName", "ScheduleExpression", "MaxErrors", "SyncCompliance"} & set(told)
    let_pass(world, days=2)
    assert runs(world, made) == 2


def test_each_version_is_kept_and_can_be_read(ssm: Any) -> None:
    made = associate(ssm, AssociationName="First", ScheduleExpression=DAILY)
    ssm.update_association(AssociationId=made, Parameters=SCAN, AssociationName="Second")
    versions = ssm.list_association_versions(AssociationId=made)["AssociationVersions"]
    assert [(v["AssociationVersion"], v["AssociationName"]) for v in versions] == [("2", "Second"), ("1", "First")]
    first = ssm.describe_association(AssociationId=made, AssociationVersion="1")["AssociationDescription"]
    assert (first["AssociationName"], first["ScheduleExpression"]) == ("First", DAILY)
    assert refusal(ssm.describe_association, AssociationId=made, AssociationVersion="3") == "InvalidAssociationVersion"
    stale = {"AssociationId": made, "AssociationVersion": "1", "Parameters": SCAN}
    assert refusal(ssm.update_association, **stale) == "InvalidAssociationVersion"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"Name": "No-Such-Document"}, "InvalidDocument"),
        ({"DocumentVersion": "7"}, "InvalidDocumentVersion"),
        ({"Parameters": {"Operation": ["Destroy"]}}, "InvalidParameters"),
        ({"Parameters": {"Operation": ["Scan", "Install"]}}, "InvalidParameters"),
        ({"Parameters": {}}, "InvalidParameters"),
        ({"Parameters": {**SCAN, "Colour": ["red"]}}, "InvalidParameters"),
        ({"Parameters": {**SCAN, "BaselineOverride": ["ftp://somewhere"]}}, "InvalidParameters"),
        ({"Targets": []}, "InvalidTarget"),
        ({"Targets": [{"Key": "Name", "Values": ["web"]}]}, "InvalidTarget"),
        ({"Targets": [*EVERYTHING, {"Key": "tag:A", "Values": ["b"]}]}, "InvalidTarget"),
        ({"Targets": [{"Key": "resource-groups:Name", "Values": ["a", "b"]}]}, "InvalidTarget"),
        ({"Targets": [{"Key": "ParameterValues", "Values": ["a"]}]}, "InvalidTarget"),
        ({"ScheduleExpression": "rate(5 minutes)"}, "InvalidSchedule"),
        ({"ScheduleExpression": "rate(1 day)", "ApplyOnlyAtCronInterval": True}, "ValidationException"),
        ({"ScheduleExpression": DAILY, "ScheduleOffset": 2}, "ValidationException"),
        ({"MaxErrors": "101%"}, "ValidationException"),
        ({"OutputLocation": {"S3Location": {"OutputS3KeyPrefix": "logs"}}}, "InvalidOutputLocation"),
        ({"AutomationTargetParameterName": "InstanceId"}, "InvalidParameters"),
        ({"InstanceId": "i-0123456789abcdef0", "Targets": None}, "InvalidInstanceId"),
        ({"CalendarNames": ["arn:aws:ssm:us-east-1:555566667777:document/c"]}, "NotImplemented"),
    ],
)
def test_what_is_no_association_is_refused_by_name(ssm: Any, world: World, wanted: dict[str, Any], code: str) -> None:
    asked = {"Name": "AWS-RunPatchBaseline", "Targets": EVERYTHING, "Parameters": SCAN, **wanted}
    given = {key: value for key, value in asked.items() if value is not None}
    assert refusal(ssm.create_association, **given) == code
    assert not world.associations.all


def test_an_account_s_region_holds_so_many_associations(ssm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association_rules, "MOST_ASSOCIATIONS", 2)
    made = [associate(ssm), associate(ssm)]
    assert refusal(associate, ssm=ssm) == "AssociationLimitExceeded"
    ssm.delete_association(AssociationId=made[0])
    associate(ssm)


def test_the_form_of_one_node_is_unique_and_is_found_by_its_node(ssm: Any, world: World) -> None:
    node = managed(world)[0].instance_id
    made = associate(ssm, InstanceId=node, Targets=None)
    pair = {"Name": "AWS-RunPatchBaseline", "InstanceId": node}
    assert refusal(ssm.create_association, **pair, Parameters=SCAN) == "AssociationAlreadyExists"
    assert ssm.describe_association(**pair)["AssociationDescription"]["AssociationId"] == made
    let_pass(world, minutes=5)
    assert set(association_of(world, made).latest) == {node}

    status = {"Date": world.now(), "Name": "Success", "Message": "done"}
    told = ssm.update_association_status(**pair, AssociationStatus=status)["AssociationDescription"]
    assert told["Status"]["Message"] == "done"
    assert refusal(ssm.update_association_status, **pair, AssociationStatus=status) == "StatusUnchanged"
    ssm.delete_association(**pair)
    assert refusal(ssm.delete_association, **pair) == "AssociationDoesNotExist"


def test_of_several_at_once_each_succeeds_or_fails_by_itself(ssm: Any, world: World) -> None:
    good = {"Name": "AWS-RunPatchBaseline", "Targets": EVERYTHING, "Parameters": SCAN}
    told = ssm.create_association_batch(Entries=[good, {**good, "Name": "No-Such-Document"}])
    assert [a["Name"] for a in told["Successful"]] == ["AWS-RunPatchBaseline"]
    assert [(f["Entry"]["Name"], f["Fault"]) for f in told["Failed"]] == [("No-Such-Document", "Client")]
    assert len(world.associations.all) == 1


def test_another_account_does_not_see_it(ssm: Any, client: Connect) -> None:
    made = associate(ssm)
    outsider = client("ssm", MANAGEMENT)
    assert outsider.list_associations()["Associations"] == []
    for ask in (outsider.describe_association, outsider.delete_association, outsider.describe_association_executions):
        assert refusal(ask, AssociationId=made) == "AssociationDoesNotExist"


def test_they_are_found_by_every_filter_and_told_in_pages(ssm: Any, world: World) -> None:
    first = associate(ssm, AssociationName="First")
    let_pass(world, hours=1)
    group = [{"Key": "resource-groups:Name", "Values": ["web-servers"]}]
    second = associate(ssm, AssociationName="Second", Targets=group)
    node = next(i for i in association_of(world, first).latest if world.fleet.nodes[i].tags["Role"] != "web")

    def found(key: str, value: str) -> set[str]:
        listed = ssm.list_associations(AssociationFilterList=[{"key": key, "value": value}])["Associations"]
        return {a["AssociationId"] for a in listed}

    half_past = (world.now() - timedelta(minutes=30)).isoformat()
    assert found("AssociationName", "First") == {first}
    assert found("AssociationId", second) == {second}
    assert found("Name", "AWS-RunPatchBaseline") == {first, second}
    assert found("AssociationStatusName", "Success") == {first}
    assert found("InstanceId", node) == {first}
    assert found("ResourceGroupName", "web-servers") == {second}
    assert found("LastExecutedBefore", half_past) == {first}
    assert found("LastExecutedAfter", half_past) == {second}
    pages = list(ssm.get_paginator("list_associations").paginate(PaginationConfig={"PageSize": 1}))
    assert [a["AssociationId"] for p in pages for a in p["Associations"]] == [first, second]
    assert refusal(ssm.list_associations, NextToken="made-up") == "InvalidNextToken"
    assert refusal(ssm.list_associations, MaxResults=51) == "ValidationException"


def test_targets_mean_nodes_by_id_tag_key_group_or_all_of_several_tags(ssm: Any, world: World) -> None:
    nodes = managed(world)
    nodes[0].tags["Team"] = "blue"
    nodes[1].tags["Team"] = ""

    def meant(*targets: dict[str, Any]) -> set[str]:
        made = associate(ssm, Targets=list(targets))
        let_pass(world, minutes=5)
        return {i for i in association_of(world, made).latest if i in {n.instance_id for n in nodes}}

    def where(*, key: str, value: str = "") -> set[str]:
        return {n.instance_id for n in nodes if key in n.tags and (not value or n.tags[key] == value)}

    patched = where(key="Patch", value="true")
    assert meant({"Key": "tag:Team", "Values": ["blue", "red"]}) == {nodes[0].instance_id}
    assert meant({"Key": "tag:Team", "Values": [""]}) == where(key="Team")
    assert meant({"Key": "tag:Team", "Values": []}) == where(key="Team")
    assert meant({"Key": "tag-key", "Values": ["Team"]}) == where(key="Team")
    both = {"Key": "tag:Patch", "Values": ["true"]}, {"Key": "tag:Role", "Values": ["web"]}
    assert meant(*both) == patched & where(key="Role", value="web")
    assert meant({"Key": "resource-groups:Name", "Values": ["web-servers"]}) == where(key="Role", value="web")
    assert meant({"Key": "InstanceIds", "Values": [nodes[2].instance_id]}) == {nodes[2].instance_id}


def test_what_means_a_node_is_told_in_pages_of_five(ssm: Any, world: World) -> None:
    node = managed(world)[0].instance_id
    made = {associate(ssm) for _ in range(6)}
    first = ssm.describe_effective_instance_associations(InstanceId=node)
    rest = ssm.describe_effective_instance_associations(InstanceId=node, NextToken=first["NextToken"])
    assert len(first["Associations"]) == 5
    assert {a["AssociationId"] for a in first["Associations"] + rest["Associations"]} == made
    assert '"schemaVersion": "2.2"' in rest["Associations"][0]["Content"]
    unknown = {"InstanceId": "i-0123456789abcdef0"}
    assert refusal(ssm.describe_effective_instance_associations, **unknown) == "InvalidInstanceId"


def test_executions_are_filtered_by_id_status_and_moment(ssm: Any, world: World) -> None:
    made = associate(ssm, ScheduleExpression=DAILY)
    let_pass(world, days=2, minutes=5)

    def told(key: str, value: str, kind: str = "EQUAL") -> int:
        asked = [{"Key": key, "Value": value, "Type": kind}]
        answer = ssm.describe_association_executions(AssociationId=made, Filters=asked)
        return len(answer["AssociationExecutions"])

    newest = ssm.describe_association_executions(AssociationId=made)["AssociationExecutions"][0]
    assert newest["ResourceCountByStatus"] == "{" + f"Success={len(managed(world))}" + "}"
    assert told("ExecutionId", newest["ExecutionId"]) == 1
    assert (told("Status", "Success"), told("Status", "Failed")) == (3, 0)
    assert told("CreatedTime", "2026-11-24T00:00:00Z", "GREATER_THAN") == 2
    assert told("CreatedTime", "2026-11-24T00:00:00Z", "LESS_THAN") == 1


def test_the_history_of_executions_does_not_grow_for_ever(ssm: Any, world: World) -> None:
    made = associate(ssm, ScheduleExpression="rate(12 hours)", Targets=[{"Key": "tag:No", "Values": ["one"]}])
    let_pass(world, days=40)
    assert runs(world, made) == 30
