"""Systems Manager: patch baselines."""

from __future__ import annotations

from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

MOST_BASELINES = 50
KEPT = (
    "Name", "GlobalFilters", "ApprovalRules", "ApprovedPatches", "ApprovedPatchesComplianceLevel",
    "ApprovedPatchesEnableNonSecurity", "RejectedPatches", "RejectedPatchesAction", "Description", "Sources",
)  # fmt: skip


@operation("ssm", "DescribePatchBaselines")
def describe_patch_baselines(world: World, call: Call, parameters: Parameters) -> Parameters:
    """AWS's baselines and the account's own."""
    filters = read_filters(parameters)
    shown = [b for b in world.baselines.of(call.account, call.region) if _passes(b, filters)]
    items, more = page(shown, parameters, default=100)
    return {"BaselineIdentities": [_identity(b) for b in items], **more}


def _is_aws(baseline: dict[str, Any]) -> bool:
    return str(baseline["BaselineId"]).startswith("arn:")


def _passes(baseline: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    unknown = set(filters) - {"OWNER", "OPERATING_SYSTEM", "NAME_PREFIX"}
    if unknown:
        raise AwsError("InvalidFilter", f"The filter key {sorted(unknown)[0]} is not valid.")
    owner = "AWS" if _is_aws(baseline) else "Self"
    return (
        owner in filters.get("OWNER", [owner])
        and baseline["OperatingSystem"] in filters.get("OPERATING_SYSTEM", [baseline["OperatingSystem"]])
        and any(baseline["Name"].startswith(p) for p in filters.get("NAME_PREFIX", [""]))
    )


def _identity(baseline: dict[str, Any]) -> dict[str, Any]:
    return {
        "BaselineId": baseline["BaselineId"],
        "BaselineName": baseline["Name"],
        "OperatingSystem": baseline["OperatingSystem"],
        "BaselineDescription": baseline.get("Description", ""),
        "DefaultBaseline": _is_aws(baseline),
    }


@operation("ssm", "GetPatchBaseline")
def get_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A baseline with its rules; DoesNotExistException when it is not there."""
    return dict(_find(world, call, parameters["BaselineId"]))


def _find(world: World, call: Call, baseline_id: str) -> dict[str, Any]:
    found = world.baselines.find(call.account, call.region, baseline_id)
    if found is None:
        raise AwsError("DoesNotExistException", f"Maintenance resource Baseline {baseline_id} does not exist.")
    return found


def _own(world: World, call: Call, baseline_id: str) -> dict[str, Any]:
    found = _find(world, call, baseline_id)
    if _is_aws(found):
        raise AwsError("AccessDeniedException", "A baseline that AWS provides cannot be changed.")
    return found


@operation("ssm", "GetDefaultPatchBaseline")
def get_default_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The default baseline of an operating system (WINDOWS when none is named)."""
    system = parameters.get("OperatingSystem") or "WINDOWS"
    found = next((b for b in world.baselines.of(call.account, call.region) if b["OperatingSystem"] == system), None)
    if found is None:
        raise AwsError("DoesNotExistException", f"There is no default baseline for {system}.")
    return {"BaselineId": found["BaselineId"], "OperatingSystem": system}


@operation("ssm", "CreatePatchBaseline")
def create_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A custom baseline."""
    own = world.baselines.custom.setdefault((call.account, call.region), {})
    if len(own) >= MOST_BASELINES:
        raise AwsError("ResourceLimitExceededException", f"At most {MOST_BASELINES} patch baselines are allowed.")
    baseline_id = "pb-0" + world.uuid().replace("-", "")[:16]
    own[baseline_id] = {
        "BaselineId": baseline_id,
        "OperatingSystem": parameters.get("OperatingSystem") or "WINDOWS",
        "GlobalFilters": {"PatchFilters": []},
        "ApprovalRules": {"PatchRules": []},
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatches": [],
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "PatchGroups": [],
        "Description": "",
        "Sources": [],
        "CreatedDate": world.now(),
        "ModifiedDate": world.now(),
        **{k: parameters[k] for k in KEPT if parameters.get(k) is not None},
    }
    return {"BaselineId": baseline_id}


@operation("ssm", "UpdatePatchBaseline")
def update_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Change a custom baseline; members that are not named stay (Replace: false)."""
    baseline = _own(world, call, parameters["BaselineId"])
    baseline.update({k: parameters[k] for k in KEPT if parameters.get(k) is not None})
    baseline["ModifiedDate"] = world.now()
    return {k: v for k, v in baseline.items() if k != "PatchGroups"}


@operation("ssm", "DeletePatchBaseline")
def delete_patch_baseline(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a custom baseline; removing what is gone succeeds, as on AWS."""
    baseline_id = parameters["BaselineId"]
    if baseline_id.startswith("arn:"):
        _own(world, call, baseline_id)
    world.baselines.custom.get((call.account, call.region), {}).pop(baseline_id, None)
    return {"BaselineId": baseline_id}
