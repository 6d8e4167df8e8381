"""Systems Manager: tags of hybrid nodes, documents, associations and patch baselines."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation

MOST_TAGS = 50


@operation("ssm", "ListTagsForResource", takes="ResourceType ResourceId")
def list_tags_for_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The tags of one of them."""
    return {"TagList": [{"Key": k, "Value": v} for k, v in _tags_of(world, call, parameters).items()]}


@operation("ssm", "AddTagsToResource", takes="ResourceType ResourceId Tags")
def add_tags_to_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Tag one of them."""
    tags = _tags_of(world, call, parameters)
    added = {t["Key"]: t["Value"] for t in parameters["Tags"]}
    if len(tags | added) > MOST_TAGS:
        raise AwsError("TooManyTagsError", f"At most {MOST_TAGS} tags are allowed on a resource.")
    tags.update(added)
    return {}


@operation("ssm", "RemoveTagsFromResource", takes="ResourceType ResourceId TagKeys")
def remove_tags_from_resource(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove tags from one of them."""
    tags = _tags_of(world, call, parameters)
    for key in parameters["TagKeys"]:
        tags.pop(key, None)
    return {}


def _tags_of(world: World, call: Call, parameters: Parameters) -> dict[str, str]:
    """The tags themselves, to be read or changed. Raises AwsError for a resource that is not in the caller's place."""
    kind, name, place = parameters["ResourceType"], parameters["ResourceId"], (call.account, call.region)
    node, association = world.fleet.nodes.get(name), world.associations.all.get(name)
    if kind == "ManagedInstance" and node and node.is_hybrid and (node.account_id, node.region) == place:
        return node.tags
    if kind == "Association" and association and (association.account_id, association.region) == place:
        return association.tags
    document = world.documents.get(place, {}).get(name)
    if kind == "Document" and document:
        return document.tags
    if kind == "PatchBaseline" and name in world.baselines.custom.get(place, {}):
        return world.baselines.tags.setdefault((*place, name), {})
    window = world.windows.all.get(name)
    if kind == "MaintenanceWindow" and window and (window.account_id, window.region) == place:
        return window.tags
    if kind in ("ManagedInstance", "Association", "Document", "PatchBaseline", "MaintenanceWindow"):
        raise AwsError("InvalidResourceId", f"The resource ID {name} is not valid.")
    raise AwsError("InvalidResourceType", f"The sandbox keeps no tags of {kind}.")
