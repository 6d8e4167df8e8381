"""What a run leaves in S3: standard output and errors, put there by the node with its own role (aws-facts 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Execution, TargetResult
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import role_of, write_as_node

if TYPE_CHECKING:
    from sandbox.engine.world import World

FIRST_AGENT_OF_COMMANDS = (3, 0)
"""Older agents poll their associations and lay out the output in their own way."""
STEPS = {"Windows": "PatchWindows", "MacOS": "PatchMacOS"}


def write_output(world: World, execution: Execution, node: Node, result: TargetResult) -> None:
    """Put both streams where the order says; a refusal costs the log, not the run, and is told in the result."""
    bucket = execution.order.output.get("OutputS3BucketName")
    if not bucket or role_of(world, node) is None:
        return
    place = _place(world, execution, node, result)
    try:
        for name, text in (("stdout", result.output), ("stderr", result.errors)):
            if text:
                write_as_node(world, node, bucket, f"{place}/{name}", text.encode())
    except AwsError as error:
        result.detail = f"{result.detail} The output could not be written to {bucket}: {error.code}.".strip()
        return
    region = execution.order.output.get("OutputS3Region") or execution.region
    result.output_url = f"https://s3.{region}.amazonaws.com/{bucket}/{place}"


def plugin_of(node: Node) -> str:
    """The plugin that runs scripts on the node's platform."""
    return "aws:runPowerShellScript" if node.system.platform_type == "Windows" else "aws:runShellScript"


def step_of(document: str, node: Node) -> str:
    """The step of a document that runs on the node's platform."""
    if document.startswith("AWS-RunPatchBaseline"):
        return STEPS.get(node.system.platform_type, "PatchLinux")
    return f"0.{plugin_of(node).replace(':', '')}"


def _place(world: World, execution: Execution, node: Node, result: TargetResult) -> str:
    prefix = execution.order.output.get("OutputS3KeyPrefix", "").strip("/")
    script = f"{plugin_of(node).replace(':', '')}/{step_of(execution.order.document, node)}"
    if execution.association_id and (world.agents_poll or _version(node) < FIRST_AGENT_OF_COMMANDS):
        began = (result.began_at or execution.created_at).strftime("%Y-%m-%dT%H-%M-%S.000Z")
        path = f"{node.instance_id}/{execution.association_id}/{began}/{script}"
    else:
        path = f"{execution.command_id}/{node.instance_id}/{script}"
    return f"{prefix}/{path}" if prefix else path


def _version(node: Node) -> tuple[int, ...]:
    return tuple(int(part) for part in node.agent_version.split(".") if part.isdecimal())
