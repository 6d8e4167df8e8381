"""Which nodes a list of targets means now (aws-facts 4.2): each target narrows, the values of one are alternatives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.engine.documents import find_document
from sandbox.engine.errors import AwsError
from sandbox.engine.executions import Order
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import is_managed

if TYPE_CHECKING:
    from sandbox.engine.world import World

Target = dict[str, Any]

NAMED = "ParameterValues"
"""The target key by which an automation is given its values as they are, nodes or not."""
KINDS = {"/AWS::EC2::Instance": False, "/AWS::SSM::ManagedInstance": True}
"""The nodes that an Automation document is made for, by its TargetType: hybrid ones or not."""


def check_targets(targets: Iterable[Target], code: str, *, for_automation: bool = False) -> None:
    """Raises AwsError with this code for a form that Systems Manager does not take."""
    wanted = list(targets)
    wrong = next((why for target in wanted if (why := _what_is_wrong(target, for_automation))), "")
    if not wrong and len(wanted) > 1 and not all(t["Key"].startswith("tag:") or t["Key"] == "tag-key" for t in wanted):
        wrong = "only tags can be combined"
    if wrong:
        raise AwsError(code, f"The target is not valid: {wrong}.")


def _what_is_wrong(target: Target, for_automation: bool) -> str:
    if "Key" not in target or "Values" not in target:
        return "a target needs a key and values"
    key, values = target["Key"], target["Values"]
    if key.lower() == "instanceids" or (for_automation and key == NAMED):
        return "" if values else "no target is named"
    if key == "resource-groups:Name":
        return "" if len(values) == 1 else "one resource group at a time"
    is_tag = key == "tag-key" or (key.startswith("tag:") and len(key) > len("tag:"))
    return "" if is_tag else f"the key {key} is not valid"


def find_targets(world: World, account_id: str, region: str, order: Order) -> list[str]:
    """The ids that an order's targets mean now: running, managed nodes; for a runbook also others, and named values."""
    wanted = list(order.targets)
    if order.target_parameter and wanted and wanted[0]["Key"] == NAMED:
        return list(wanted[0]["Values"])
    kind = _kind_of(world, account_id, region, order)
    nodes = world.fleet.within(account_id, region) if wanted else ()
    return [node.instance_id for node in nodes if _is_target(world, order, kind, node)]


def is_target(world: World, order: Order, node: Node) -> bool:
    """Whether an order's targets mean a node now."""
    if not order.targets:
        return False
    if order.target_parameter and order.targets[0]["Key"] == NAMED:
        return node.instance_id in order.targets[0]["Values"]
    return _is_target(world, order, _kind_of(world, node.account_id, node.region, order), node)


def _kind_of(world: World, account_id: str, region: str, order: Order) -> bool | None:
    document = find_document(world, account_id, region, order.document) if order.target_parameter else None
    return KINDS.get(document.target_type) if document else None


def _is_target(world: World, order: Order, is_hybrid: bool | None, node: Node) -> bool:
    return (
        node.state == "running"
        and is_hybrid in (None, node.is_hybrid)
        and all(means(world, target, node) for target in order.targets)
        and (bool(order.target_parameter) or is_managed(world, node))
    )


def is_reachable(world: World, node: Node) -> bool:
    """Whether a command gets to the node now."""
    return node.is_reachable(world.now()) and is_managed(world, node)


def means(world: World, target: Target, node: Node) -> bool:
    """Whether one target means a node. A tag without values, or with an empty one, asks for the key alone."""
    key, values = target["Key"], target["Values"]
    if key.lower() == "instanceids":
        return values == ["*"] or node.instance_id in values
    if key.startswith("tag:"):
        name = key.removeprefix("tag:")
        return name in node.tags and (not any(values) or node.tags[name] in values)
    if key == "tag-key":
        return any(value in node.tags for value in values)
    group = world.groups.get((node.account_id, node.region), {}).get(values[0] if values else "", {})
    return bool(group) and all(node.tags.get(name) in wanted for name, wanted in group.get("tags", {}).items())
