"""A policy's target nodes in the words of an association."""

from __future__ import annotations

from typing import Any

from policies.domain.spec import NodeScope, Targets


def node_targets(targets: Targets) -> list[dict[str, Any]]:
    """The Targets of an association (aws-facts 4.2). An empty tag value stands for every value."""
    if targets.node_scope is NodeScope.MANUAL:
        return [{"Key": "InstanceIds", "Values": sorted(targets.instance_ids)}]
    if targets.node_scope is NodeScope.RESOURCE_GROUP:
        return [{"Key": "resource-groups:Name", "Values": [targets.resource_group]}]
    if targets.node_scope is NodeScope.TAG and targets.tag_value:
        return [{"Key": f"tag:{targets.tag_key}", "Values": [targets.tag_value]}]
    if targets.node_scope is NodeScope.TAG:
        return [{"Key": "tag-key", "Values": [targets.tag_key]}]
    return [{"Key": "InstanceIds", "Values": ["*"]}]
