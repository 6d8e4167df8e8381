"""The files that a run may be given in place of a baseline: the override of its rules, or a list of what to install."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.engine.approval import write_rules
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.node_access import read_as_node
from sandbox.engine.node_failures import Exit, NodeFailed
from sandbox.registry import model_of
from sandbox.validation import check_request

if TYPE_CHECKING:
    from sandbox.engine.world import World

LOCATION = re.compile(r"s3://([^/]+)/(.*?[^/]+)")
UNSAFE_NAME = re.compile(r"[`'\"$]")
FORWARDED = (
    "OperatingSystem", "GlobalFilters", "ApprovalRules", "ApprovedPatches", "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity", "RejectedPatches", "RejectedPatchesAction", "Sources",
)  # fmt: skip
"""The keys that a node forwards to Systems Manager; everything else in the file is dropped (aws-facts 2.1)."""


def read_override(world: World, node: Node, location: str) -> str:
    """The rules for the node's operating system. Raises NodeFailed 160 to 166, or 144 when AWS refuses the rules."""
    if not node.system.is_overridable:
        words = f"Baseline override is not supported on {node.operating_system}"
        raise NodeFailed(Exit.OVERRIDE_UNSUPPORTED, words)
    try:
        body = _download(world, node, location)
    except AwsError as error:
        code = Exit.OVERRIDE_DENIED if error.code == "AccessDenied" else Exit.OVERRIDE_DOWNLOAD
        words = f"Unable to download the baseline override from {location}: {error.message}"
        raise NodeFailed(code, words) from error
    return _pick(body, node.operating_system)


@functools.lru_cache(maxsize=256)
def _pick(body: bytes, operating_system: str) -> str:
    try:
        overrides = json.loads(body)
    except ValueError as error:
        raise NodeFailed(Exit.OVERRIDE_INVALID, "The baseline override is not valid JSON") from error
    if not isinstance(overrides, list) or not all(isinstance(one, dict) for one in overrides):
        raise NodeFailed(Exit.OVERRIDE_INVALID, "The baseline override is not a list of baselines")
    found = [o for o in overrides if o.get("OperatingSystem") == operating_system]
    if not found:
        raise NodeFailed(
            Exit.OVERRIDE_WITHOUT_SYSTEM, f"The baseline override holds no baseline for {operating_system}"
        )
    if len(found) > 1:
        words = f"The baseline override holds more than one baseline for {operating_system}"
        raise NodeFailed(Exit.OVERRIDE_AMBIGUOUS, words)
    rules = {key: found[0][key] for key in FORWARDED if found[0].get(key) is not None}
    wrong = check_request(rules, model_of("ssm").shape_for("BaselineOverride"))
    if wrong:
        words = f"GetDeployablePatchSnapshotForInstance: ValidationException: {'; '.join(wrong)}"
        raise NodeFailed(Exit.SNAPSHOT_REFUSED, words)
    return write_rules(rules)


@dataclass(frozen=True)
class Wanted:
    """One entry of an InstallOverrideList: a patch by id, of a version when a title is given."""

    patch_id: str
    title: str = ""


def read_install_list(world: World, node: Node, location: str) -> tuple[Wanted, ...]:
    """The patches that an InstallOverrideList names. Raises NodeFailed 1 when it cannot be had or read."""
    try:
        told = yaml.safe_load(_download(world, node, location))
        return tuple(Wanted(str(one["id"]), str(one.get("title") or "")) for one in told["patches"])
    except AwsError as error:
        words = f"Unable to download the install override list from {location}: {error.message}"
        raise NodeFailed(Exit.FAILED, words) from error
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise NodeFailed(Exit.FAILED, f"The install override list at {location} is not valid") from error


def _download(world: World, node: Node, location: str) -> bytes:
    """The object at s3://bucket/key. Addresses of https:// are outside the sandbox and cannot be reached."""
    found = LOCATION.fullmatch(location)
    if not found or UNSAFE_NAME.search(location):
        raise AwsError("InvalidLocation", f"{location} cannot be reached")
    body: Any = read_as_node(world, node, found[1], found[2])
    return bytes(body)
