"""Account Management: which Regions are enabled."""

from __future__ import annotations

from sandbox.engine.world import World
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

ALL_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2",
    "us-west-1", "us-west-2",
)  # fmt: skip


@operation("account", "ListRegions", takes="MaxResults NextToken RegionOptStatusContains")
def list_regions(world: World, _call: Call, parameters: Parameters) -> Parameters:
    """Every Region with its opt-in status; this organization has enabled only some."""
    enabled = world.organization.regions
    regions = [{"RegionName": r, "RegionOptStatus": "ENABLED" if r in enabled else "DISABLED"} for r in ALL_REGIONS]
    wanted = parameters.get("RegionOptStatusContains")
    shown = [r for r in regions if not wanted or r["RegionOptStatus"] in wanted]
    items, more = page(shown, parameters, default=50, error="ValidationException")
    return {"Regions": items, **more}
