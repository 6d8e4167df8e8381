"""Systems Manager: patch groups, which give nodes a baseline by their tag. They play no role in patch policies."""

from __future__ import annotations

from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.ssm_baselines import find_baseline, show_identity
from sandbox.operations.ssm_compliance import reports_within, show_state
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

MOST_GROUPS = 25


@operation("ssm", "RegisterPatchBaselineForPatchGroup", takes="BaselineId PatchGroup")
def register_for_group(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Give a patch group a baseline; it may have one for each operating system."""
    baseline, group = find_baseline(world, call, parameters["BaselineId"]), parameters["PatchGroup"]
    groups = world.baselines.groups.setdefault((call.account, call.region), {})
    key = (group, baseline["OperatingSystem"])
    if groups.get(key) not in (None, baseline["BaselineId"]):
        raise AwsError("AlreadyExistsException", f"Patch Group baseline already has a baseline registered: {group}")
    if len(world.baselines.groups_of(call.account, call.region, str(baseline["BaselineId"]))) >= MOST_GROUPS:
        raise AwsError("ResourceLimitExceededException", f"At most {MOST_GROUPS} patch groups of a baseline.")
    groups[key] = str(baseline["BaselineId"])
    return {"BaselineId": baseline["BaselineId"], "PatchGroup": group}


@operation("ssm", "DeregisterPatchBaselineForPatchGroup", takes="BaselineId PatchGroup")
def deregister_for_group(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Take a baseline from a patch group; succeeds when it has none."""
    groups = world.baselines.groups.get((call.account, call.region), {})
    wanted = (parameters["PatchGroup"], parameters["BaselineId"])
    for key in [key for key, baseline_id in groups.items() if (key[0], baseline_id) == wanted]:
        del groups[key]
    return {"BaselineId": parameters["BaselineId"], "PatchGroup": parameters["PatchGroup"]}


@operation("ssm", "DescribePatchGroups", takes="Filters MaxResults NextToken")
def describe_patch_groups(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The patch groups that have a baseline."""
    filters = read_filters(parameters)
    if unknown := set(filters) - {"NAME_PREFIX", "OPERATING_SYSTEM"}:
        raise AwsError("ValidationException", f"The filter key {min(unknown)} is not valid.")
    groups = sorted(world.baselines.groups.get((call.account, call.region), {}).items())
    shown = [
        (group, baseline_id)
        for (group, system), baseline_id in groups
        if any(group.startswith(prefix) for prefix in filters.get("NAME_PREFIX", [""]))
        and system in filters.get("OPERATING_SYSTEM", [system])
    ]
    items, more = page(shown, parameters, default=100, error="ValidationException")
    return {
        "Mappings": [
            {
                "PatchGroup": group,
                "BaselineIdentity": show_identity(find_baseline(world, call, baseline_id), is_default=False),
            }
            for group, baseline_id in items
        ],
        **more,
    }


@operation("ssm", "GetPatchBaselineForPatchGroup", takes="PatchGroup OperatingSystem")
def get_baseline_for_group(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The baseline of a patch group, else the default of the operating system (WINDOWS when none is named)."""
    group, system = parameters["PatchGroup"], parameters.get("OperatingSystem") or "WINDOWS"
    found = world.baselines.of_group(call.account, call.region, group, system)
    if found is None:
        raise AwsError("ValidationException", f"There is no baseline for {system}.")
    return {"BaselineId": found["BaselineId"], "PatchGroup": group, "OperatingSystem": system}


@operation("ssm", "DescribePatchGroupState", takes="PatchGroup")
def describe_patch_group_state(world: World, call: Call, parameters: Parameters) -> Parameters:
    """How many nodes that reported as members of a group have patches in each state."""
    told = [(n, r) for n, r in reports_within(world, call) if r.patch_group == parameters["PatchGroup"]]
    states = [show_state(node, report) for node, report in told]

    def having(count: str) -> int:
        return sum(bool(state.get(count)) for state in states)

    return {
        "Instances": len(states),
        "InstancesWithInstalledPatches": having("InstalledCount"),
        "InstancesWithInstalledOtherPatches": having("InstalledOtherCount"),
        "InstancesWithInstalledPendingRebootPatches": having("InstalledPendingRebootCount"),
        "InstancesWithInstalledRejectedPatches": having("InstalledRejectedCount"),
        "InstancesWithMissingPatches": having("MissingCount"),
        "InstancesWithFailedPatches": having("FailedCount"),
        "InstancesWithNotApplicablePatches": having("NotApplicableCount"),
        "InstancesWithUnreportedNotApplicablePatches": having("UnreportedNotApplicableCount"),
        "InstancesWithCriticalNonCompliantPatches": having("CriticalNonCompliantCount"),
        "InstancesWithSecurityNonCompliantPatches": having("SecurityNonCompliantCount"),
        "InstancesWithOtherNonCompliantPatches": having("OtherNonCompliantCount"),
        "InstancesWithAvailableSecurityUpdates": having("AvailableSecurityUpdateCount"),
    }
