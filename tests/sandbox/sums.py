"""Reads everything back over the wire and holds it against itself: for the property tests.

`BOOK` names what answers at the moment: clients are made once, and each sandbox of a test takes their calls in turn.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
from botocore.config import Config

from sandbox.engine.trust import access_key

SESSION = boto3.session.Session()
CALM = Config(retries={"max_attempts": 0}, parameter_validation=False)
BOOK: dict[str, Any] = {}

Clients = dict[tuple[str, str, str], Any]


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


def check_nodes(place: tuple[str, str], terminated: set[str]) -> None:
    """Each machine once and in one state; only running ones are managed, and none comes back from its end."""
    reservations = read(client("ec2", *place), "describe_instances", "Reservations")
    states = [(i["InstanceId"], i["State"]["Name"]) for r in reservations for i in r["Instances"]]
    managed = read(client("ssm", *place), "describe_instance_information", "InstanceInformationList")
    names = [node["InstanceId"] for node in managed]
    assert len(states) == len(dict(states))
    assert len(names) == len(set(names))
    assert {dict(states)[name] for name in names if name.startswith("i-")} <= {"running"}
    assert {state for name, state in states if name in terminated} <= {"shutting-down", "terminated"}


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


def check_commands(place: tuple[str, str]) -> None:
    """A command has one invocation for each of its targets, and counts those that are over."""
    ssm = client("ssm", *place)
    found: dict[str, list[str]] = {}
    for each in read(ssm, "list_command_invocations", "CommandInvocations"):
        found.setdefault(each["CommandId"], []).append(each["Status"])
    for command in read(ssm, "list_commands", "Commands"):
        statuses = found.pop(command["CommandId"], [])
        over = [status for status in statuses if status not in ("Pending", "InProgress", "Delayed", "Cancelling")]
        assert (command["TargetCount"], command["CompletedCount"]) == (len(statuses), len(over))
        if command["Status"] == "Success":
            assert set(statuses) <= {"Success"}
        if command["Status"] not in ("Pending", "InProgress", "Cancelling"):
            assert len(over) == len(statuses)
    assert found == {}


def check_windows(place: tuple[str, str]) -> None:
    """Of a window one opening at a time; what is over has an end, and so has each of its tasks."""
    ssm = client("ssm", *place)
    for window in read(ssm, "describe_maintenance_windows", "WindowIdentities"):
        runs = read(ssm, "describe_maintenance_window_executions", "WindowExecutions", WindowId=window["WindowId"])
        assert sum(run["Status"] == "IN_PROGRESS" for run in runs) <= 1
        for run in runs:
            key = {"WindowExecutionId": run["WindowExecutionId"]}
            tasks = read(ssm, "describe_maintenance_window_execution_tasks", "WindowExecutionTaskIdentities", **key)
            for each in (run, *tasks):
                assert (each["Status"] == "IN_PROGRESS") == ("EndTime" not in each)
                assert each["StartTime"] <= each.get("EndTime", each["StartTime"])
            if run["Status"] == "SUCCESS":
                assert {task["Status"] for task in tasks} <= {"SUCCESS"}


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


def check_stack_set(cloudformation: Any, name: str, asked: dict[str, set[tuple[str, str]]]) -> None:
    """Each place once and in one state; an operation has one result for each place that it was `asked` for."""
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
        assert set(places) == asked.get(operation["OperationId"], set(places))
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
