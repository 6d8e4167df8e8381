"""Systems Manager: running associations on demand, and how their executions went, node by node."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.engine.associations import Association
from sandbox.engine.documents import find_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Execution, TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.targets import is_target
from sandbox.engine.triggers import run_now
from sandbox.engine.world import World
from sandbox.operations.ssm_association_lists import read_moment
from sandbox.operations.ssm_association_shapes import find_association
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": lambda a, b: bool(a == b),
    "LESS_THAN": lambda a, b: bool(a < b),
    "GREATER_THAN": lambda a, b: bool(a > b),
}
MOST_EFFECTIVE = 5


@operation("ssm", "StartAssociationsOnce", takes="AssociationIds")
def start_associations_once(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Run associations now; none runs when one of them is unknown."""
    wanted = [find_association(world, call, association_id) for association_id in parameters["AssociationIds"]]
    for association in wanted:
        run_now(world, association)
    return {}


@operation("ssm", "DescribeAssociationExecutions", takes="AssociationId Filters MaxResults NextToken")
def describe_association_executions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The executions of an association, the newest first."""
    association = find_association(world, call, parameters["AssociationId"])
    filters = parameters.get("Filters") or []
    shown = [e for e in reversed(association.executions) if all(_is_wanted(e, f) for f in filters)]
    items, more = page(shown, parameters, default=50)
    return {"AssociationExecutions": [_execution(e) for e in items], **more}


def _is_wanted(execution: Execution, wanted: dict[str, str]) -> bool:
    compare = COMPARE[wanted["Type"]]
    if wanted["Key"] == "CreatedTime":
        moment: datetime = read_moment(wanted["Value"])
        return compare(execution.created_at, moment)
    if wanted["Type"] != "EQUAL":
        raise AwsError("ValidationException", f"{wanted['Key']} can only be compared with EQUAL.")
    read = {"ExecutionId": execution.execution_id, "Status": execution.status}
    return compare(read[wanted["Key"]], wanted["Value"])


def _execution(execution: Execution) -> dict[str, Any]:
    words = ", ".join(f"{status}={count}" for status, count in sorted(execution.counts().items()))
    return {
        "AssociationId": execution.association_id,
        "AssociationVersion": execution.version,
        "ExecutionId": execution.execution_id,
        "Status": execution.status,
        "DetailedStatus": execution.status,
        "CreatedTime": execution.created_at,
        "LastExecutionDate": execution.last_change(),
        "ResourceCountByStatus": "{" + words + "}",
    }


@operation("ssm", "DescribeAssociationExecutionTargets", takes="AssociationId ExecutionId Filters MaxResults NextToken")
def describe_association_execution_targets(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How each target of an execution fared."""
    association = find_association(world, call, parameters["AssociationId"])
    execution = next((e for e in association.executions if e.execution_id == parameters["ExecutionId"]), None)
    if execution is None:
        raise AwsError("AssociationExecutionDoesNotExist", "The specified execution ID does not exist.")
    filters = {f["Key"]: f["Value"] for f in parameters.get("Filters") or []}
    shown = [r for r in execution.results.values() if _result_passes(r, filters)]
    items, more = page(shown, parameters, default=50)
    return {"AssociationExecutionTargets": [_target(execution, r) for r in items], **more}


def _result_passes(result: TargetResult, filters: dict[str, str]) -> bool:
    read = {"Status": result.status, "ResourceId": result.resource_id, "ResourceType": "ManagedInstance"}
    return all(read[key] == value for key, value in filters.items())


def _target(execution: Execution, result: TargetResult) -> dict[str, Any]:
    kind = "Automation" if execution.order.target_parameter else "RunCommand"
    told = {
        "AssociationId": execution.association_id,
        "AssociationVersion": execution.version,
        "ExecutionId": execution.execution_id,
        "ResourceId": result.resource_id,
        "ResourceType": "ManagedInstance",
        "Status": result.status,
        "DetailedStatus": str(result.outcome),
        "LastExecutionDate": result.at,
        "OutputSource": {"OutputSourceId": result.source_id, "OutputSourceType": kind},
    }
    return {key: value for key, value in told.items() if value is not None}


@operation("ssm", "DescribeInstanceAssociationsStatus", takes="InstanceId MaxResults NextToken")
def describe_instance_associations_status(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The associations of one node, each with how it last went there."""
    node = _find_node(world, call, parameters["InstanceId"])
    here = world.associations.on_node(call.account, call.region, node.instance_id)
    items, more = page(here, parameters, default=50)
    return {"InstanceAssociationStatusInfos": [_on_node(a, a.latest[node.instance_id]) for a in items], **more}


def _find_node(world: World, call: Call, instance_id: str) -> Node:
    node = world.fleet.nodes.get(instance_id)
    if node is None or (node.account_id, node.region) != (call.account, call.region):
        raise AwsError("InvalidInstanceId", f"The instance ID {instance_id} is not valid.")
    return node


def _on_node(association: Association, result: TargetResult) -> dict[str, Any]:
    told = {
        "AssociationId": association.association_id,
        "Name": association.facts["Name"],
        "DocumentVersion": association.facts.get("DocumentVersion", "$DEFAULT"),
        "AssociationName": association.facts.get("AssociationName"),
        "AssociationVersion": str(association.version),
        "InstanceId": result.resource_id,
        "ExecutionDate": result.at,
        "Status": result.status,
        "DetailedStatus": str(result.outcome),
        "ExecutionSummary": result.detail[:512] or None,
        "ErrorCode": str(result.exit_code) if result.exit_code else None,
        "OutputUrl": {"S3OutputUrl": {"OutputUrl": result.output_url}} if result.output_url else None,
    }
    return {key: value for key, value in told.items() if value is not None}


@operation("ssm", "DescribeEffectiveInstanceAssociations", takes="InstanceId MaxResults NextToken")
def describe_effective_instance_associations(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The associations that mean a node now, with what they run."""
    node = _find_node(world, call, parameters["InstanceId"])
    here = [a for a in world.associations.within(call.account, call.region) if is_target(world, a.order(), node)]
    items, more = page(here, parameters, default=MOST_EFFECTIVE)
    return {"Associations": [_effective(world, a, node) for a in items], **more}


def _effective(world: World, association: Association, node: Node) -> dict[str, Any]:
    document = find_document(world, node.account_id, node.region, association.facts["Name"])
    version = document.version(association.order().document_version) if document else None
    return {
        "AssociationId": association.association_id,
        "InstanceId": node.instance_id,
        "Content": json.dumps(version.content) if version else "{}",
        "AssociationVersion": str(association.version),
    }
