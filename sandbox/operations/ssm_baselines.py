"""Systems Manager: patch baselines, and which of them is the default."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.approval import FILTERS
from sandbox.engine.errors import AwsError
from sandbox.engine.systems import SYSTEMS, Packaging
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

MOST_BASELINES = 50
KEPT = (
    "Name", "GlobalFilters", "ApprovalRules", "ApprovedPatches", "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity", "RejectedPatches", "RejectedPatchesAction", "Description", "Sources",
    "AvailableSecurityUpdatesComplianceStatus",
)  # fmt: skip
NEW: dict[str, Any] = {
    "GlobalFilters": {"PatchFilters": []},
    "ApprovalRules": {"PatchRules": []},
    "ApprovedPatches": [],
    "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
    "ApprovedPatchesEnableNonSecurity": False,
    "RejectedPatches": [],
    "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
    "Description": "",
    "Sources": [],
}
UNTOLD_BY_UPDATE = ("PatchGroups",)


@operation("ssm", "DescribePatchBaselines", takes="Filters MaxResults NextToken")
def describe_patch_baselines(world: World, call: Call, parameters: Parameters) -> Parameters:
    """AWS's baselines and the account's own."""
    filters = read_filters(parameters)
    shown = [b for b in world.baselines.of(call.account, call.region) if _passes(b, filters)]
    items, more = page(shown, parameters, default=100, error="ValidationException")
    return {"BaselineIdentities": [_identity(world, call, b) for b in items], **more}


def _is_aws(baseline: dict[str, Any]) -> bool:
    return str(baseline["BaselineId"]).startswith("arn:")


def _passes(baseline: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    unknown = set(filters) - {"OWNER", "OPERATING_SYSTEM", "NAME_PREFIX"}
    if unknown:
        raise AwsError("ValidationException", f"The filter key {min(unknown)} is not valid.")
    owner = "AWS" if _is_aws(baseline) else "Self"
    return (
        owner in filters.get("OWNER", [owner])
        and baseline["OperatingSystem"] in filters.get("OPERATING_SYSTEM", [baseline["OperatingSystem"]])
        and any(baseline["Name"].startswith(p) for p in filters.get("NAME_PREFIX", [""]))
    )


def _identity(world: World, call: Call, baseline: dict[str, Any]) -> dict[str, Any]:
    return show_identity(baseline, is_default=_is_default(world, call, baseline))


def show_identity(baseline: dict[str, Any], *, is_default: bool) -> dict[str, Any]:
    """BaselineIdentity: a baseline in a list."""
    return {
        "BaselineId": baseline["BaselineId"],
        "BaselineName": baseline["Name"],
        "OperatingSystem": baseline["OperatingSystem"],
        "BaselineDescription": baseline.get("Description", ""),
        "DefaultBaseline": is_default,
    }


def _is_default(world: World, call: Call, baseline: dict[str, Any]) -> bool:
    default = world.baselines.default_of(call.account, call.region, baseline["OperatingSystem"])
    return default is not None and default["BaselineId"] == baseline["BaselineId"]


@operation("ssm", "GetPatchBaseline", takes="BaselineId")
def get_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A baseline with its rules; DoesNotExistException when it is not there."""
    found = find_baseline(world, call, parameters["BaselineId"])
    groups = world.baselines.groups_of(call.account, call.region, str(found["BaselineId"]))
    return {**found, "PatchGroups": groups}


def find_baseline(world: World, call: Call, baseline_id: str) -> dict[str, Any]:
    """A baseline by id or ARN as the caller sees it; raises AwsError DoesNotExistException."""
    found = world.baselines.find(call.account, call.region, baseline_id)
    if found is None:
        raise AwsError("DoesNotExistException", f"Maintenance resource Baseline {baseline_id} does not exist.")
    return found


def _own(world: World, call: Call, baseline_id: str) -> dict[str, Any]:
    found = find_baseline(world, call, baseline_id)
    if _is_aws(found):
        raise AwsError("AccessDeniedException", "A baseline that AWS provides cannot be changed.")
    return found


@operation("ssm", "GetDefaultPatchBaseline", takes="OperatingSystem")
def get_default_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The default baseline of an operating system (WINDOWS when none is named)."""
    system = parameters.get("OperatingSystem") or "WINDOWS"
    found = world.baselines.default_of(call.account, call.region, system)
    if found is None:
        raise AwsError("ValidationException", f"There is no default baseline for {system}.")
    return {"BaselineId": found["BaselineId"], "OperatingSystem": system}


@operation("ssm", "RegisterDefaultPatchBaseline", takes="BaselineId")
def register_default_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Make a baseline the default of its operating system."""
    found = find_baseline(world, call, parameters["BaselineId"])
    chosen = world.baselines.defaults.setdefault((call.account, call.region), {})
    chosen[found["OperatingSystem"]] = found["BaselineId"]
    return {"BaselineId": found["BaselineId"]}


@operation("ssm", "CreatePatchBaseline", takes=" ".join((*KEPT, "OperatingSystem", "ClientToken", "Tags")))
def create_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A custom baseline; with the token of an earlier request, what that one made."""
    place = (call.account, call.region)
    token, fingerprint = parameters.get("ClientToken"), json.dumps(parameters, sort_keys=True, default=str)
    if token and (known := world.baselines.tokens.get((*place, token))):
        baseline_id, asked = known
        if asked != fingerprint:
            raise AwsError("IdempotentParameterMismatch", "The token was used with other parameters.")
        return {"BaselineId": baseline_id}
    own = world.baselines.custom.setdefault(place, {})
    if len(own) >= MOST_BASELINES:
        raise AwsError("ResourceLimitExceededException", f"At most {MOST_BASELINES} patch baselines are allowed.")
    system = parameters.get("OperatingSystem") or "WINDOWS"
    _check_rules(system, parameters)
    baseline_id = "pb-0" + world.uuid().replace("-", "")[:16]
    told = {k: parameters[k] for k in KEPT if parameters.get(k) is not None}
    own[baseline_id] = {**NEW, "BaselineId": baseline_id, "OperatingSystem": system, "PatchGroups": [],
                        "CreatedDate": world.now(), "ModifiedDate": world.now(), **told}  # fmt: skip
    if token:
        world.baselines.tokens[*place, token] = (baseline_id, fingerprint)
    if parameters.get("Tags"):
        world.baselines.tags[*place, baseline_id] = {t["Key"]: t["Value"] for t in parameters["Tags"]}
    return {"BaselineId": baseline_id}


def _check_rules(system: str, parameters: Parameters) -> None:
    """Filters of keys that the operating system has, and what is of Windows alone; raises AwsError."""
    packaging = SYSTEMS[system].packaging
    rules = (parameters.get("ApprovalRules") or {}).get("PatchRules", [])
    for group in [parameters.get("GlobalFilters") or {}, *(rule["PatchFilterGroup"] for rule in rules)]:
        for wanted in group.get("PatchFilters", []):
            if wanted["Key"] not in FILTERS[packaging]:
                raise AwsError("ValidationException", f"The filter {wanted['Key']} is not valid for {system}.")
    for rule in rules:
        if "ApproveAfterDays" in rule and "ApproveUntilDate" in rule:
            raise AwsError("ValidationException", "A rule takes either ApproveAfterDays or ApproveUntilDate.")
        if packaging is not Packaging.DEB and not {"ApproveAfterDays", "ApproveUntilDate"} & set(rule):
            raise AwsError("ValidationException", "A rule needs ApproveAfterDays or ApproveUntilDate.")
    if packaging is not Packaging.WINDOWS and parameters.get("AvailableSecurityUpdatesComplianceStatus"):
        raise AwsError("ValidationException", "AvailableSecurityUpdatesComplianceStatus is for WINDOWS only.")


@operation("ssm", "UpdatePatchBaseline", takes=" ".join((*KEPT, "BaselineId", "Replace")))
def update_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change a custom baseline; members that are not named stay, or with Replace go back to a new one's."""
    baseline = _own(world, call, parameters["BaselineId"])
    told = {k: parameters[k] for k in KEPT if parameters.get(k) is not None}
    if parameters.get("Replace") and "Name" not in told:
        raise AwsError("ValidationException", "With Replace, Name is required.")
    _check_rules(baseline["OperatingSystem"], told)
    if parameters.get("Replace"):
        baseline.pop("AvailableSecurityUpdatesComplianceStatus", None)
        baseline.update(NEW)
    baseline.update({**told, "ModifiedDate": world.now()})
    return {k: v for k, v in baseline.items() if k not in UNTOLD_BY_UPDATE}


@operation("ssm", "DeletePatchBaseline", takes="BaselineId")
def delete_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a custom baseline; removing what is gone succeeds, as on AWS.

    ResourceInUseException while a patch group has it, or while it is the default.
    """
    baseline_id, place = parameters["BaselineId"], (call.account, call.region)
    if baseline_id.startswith("arn:"):
        _own(world, call, baseline_id)
    if world.baselines.groups_of(*place, baseline_id):
        raise AwsError("ResourceInUseException", "The patch baseline is registered for a patch group.")
    if baseline_id in world.baselines.defaults.get(place, {}).values():
        raise AwsError("ResourceInUseException", "The patch baseline is the default of its operating system.")
    world.baselines.custom.get(place, {}).pop(baseline_id, None)
    world.baselines.tags.pop((*place, baseline_id), None)
    return {"BaselineId": baseline_id}
