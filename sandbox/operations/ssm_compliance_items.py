"""Systems Manager: compliance items and their summaries, of patches, associations and custom types."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sandbox.engine.compliance import (
    COMPLIANT,
    NON_COMPLIANT,
    Counts,
    Summary,
    highest,
    severity_of,
    status_of,
    summaries,
    summaries_of,
)
from sandbox.engine.errors import AwsError
from sandbox.engine.fleet import Node
from sandbox.engine.reports import LEVELS, CustomReport, PatchState, Report
from sandbox.engine.world import World
from sandbox.operations.ssm_compliance import rows_of
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

RESOURCE_TYPE = "ManagedInstance"
MOST_CUSTOM_TYPES = 10
LARGEST_PUT = 1024 * 1024
SUMMARY_FILTERS = ("ComplianceType", "ResourceType", "ResourceId", "Status", "OverallSeverity")
ITEM_FILTERS = ("ComplianceType", "ResourceType", "ResourceId", "Id", "Title", "Status", "Severity")
COUNT_NAMES = [f"{level.capitalize()}Count" for level in LEVELS]
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "EQUAL": lambda value, wanted: value == wanted,
    "NOT_EQUAL": lambda value, wanted: value != wanted,
    "BEGIN_WITH": lambda value, wanted: value.startswith(wanted),
    "LESS_THAN": lambda value, wanted: value < wanted,
    "GREATER_THAN": lambda value, wanted: value > wanted,
}

Test = Callable[[str], bool]


def _tests(parameters: Parameters, known: tuple[str, ...]) -> dict[str, Test]:
    """What each filter asks of a value; raises AwsError InvalidFilter for a key that there is none of."""
    return {key: test for wanted in parameters.get("Filters") or [] for key, test in [_test(wanted, known)]}


def _test(wanted: dict[str, Any], known: tuple[str, ...]) -> tuple[str, Test]:
    """Values are joined by "or"; of NOT_EQUAL none may be met."""
    key, values, kind = wanted.get("Key"), wanted.get("Values"), wanted.get("Type") or "EQUAL"
    if key not in known or not values:
        raise AwsError("InvalidFilter", f"The filter {key} is not valid.")
    compare, quantify = COMPARISONS[kind], all if kind == "NOT_EQUAL" else any
    return str(key), lambda value: quantify(compare(value, one) for one in values)


def _fact(summary: Summary, key: str) -> str:
    """What a filter looks at; only what is asked for is counted."""
    if key == "Status":
        return summary.status
    if key == "OverallSeverity":
        return summary.severity
    return {"ComplianceType": summary.kind, "ResourceType": RESOURCE_TYPE, "ResourceId": summary.node.instance_id}[key]


@operation("ssm", "ListResourceComplianceSummaries", takes="Filters MaxResults NextToken")
def list_resource_compliance_summaries(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A summary for each node and compliance type."""
    tests = _tests(parameters, SUMMARY_FILTERS)
    found = summaries(world, call.account, call.region)
    if tests:
        found = (s for s in found if all(test(_fact(s, key)) for key, test in tests.items()))
    items, more = page(found, parameters, default=50)
    now = world.now()
    return {"ResourceComplianceSummaryItems": [_show_summary(item, now) for item in items], **more}


def _show_summary(summary: Summary, now: datetime) -> dict[str, Any]:
    return {
        "ComplianceType": summary.kind,
        "ResourceType": RESOURCE_TYPE,
        "ResourceId": summary.node.instance_id,
        "ExecutionSummary": summary.execution(now),
        **_show_verdict(*summary.counts()),
    }


@functools.lru_cache(maxsize=4096)
def _show_verdict(good: Counts, bad: Counts) -> dict[str, Any]:
    """Nodes with the same counts share what is shown of them."""
    status = NON_COMPLIANT if any(bad) else COMPLIANT
    return {"Status": status, "OverallSeverity": highest(bad), **_show_counts(good, bad)}


def _show_counts(good: Counts, bad: Counts) -> dict[str, Any]:
    return {
        "CompliantSummary": {
            "CompliantCount": sum(good),
            "SeveritySummary": dict(zip(COUNT_NAMES, good, strict=True)),
        },
        "NonCompliantSummary": {
            "NonCompliantCount": sum(bad),
            "SeveritySummary": dict(zip(COUNT_NAMES, bad, strict=True)),
        },
    }


@operation("ssm", "ListComplianceSummaries", takes="Filters MaxResults NextToken")
def list_compliance_summaries(world: World, call: Call, parameters: Parameters) -> Parameters:
    """For each compliance type, how many nodes of the account and Region are compliant, by their highest severity."""
    tests = _tests(parameters, ("ComplianceType",))
    counted: dict[str, tuple[list[int], list[int]]] = {}
    for summary in summaries(world, call.account, call.region):
        if all(test(summary.kind) for test in tests.values()):
            good, bad = counted.setdefault(summary.kind, ([0] * len(LEVELS), [0] * len(LEVELS)))
            (good if summary.status == COMPLIANT else bad)[LEVELS.index(summary.severity)] += 1
    rows = [{"ComplianceType": kind, **_show_counts(tuple(g), tuple(b))} for kind, (g, b) in sorted(counted.items())]
    items, more = page(rows, parameters, default=50)
    return {"ComplianceSummaryItems": items, **more}


@operation("ssm", "ListComplianceItems", takes="Filters ResourceIds ResourceTypes MaxResults NextToken")
def list_compliance_items(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Every compliance item of one node; AWS takes one resource id at a time."""
    ids, kinds = parameters.get("ResourceIds") or [], parameters.get("ResourceTypes") or [RESOURCE_TYPE]
    if len(ids) != 1:
        raise AwsError("InvalidResourceId", "Specify exactly one resource ID.")
    if kinds != [RESOURCE_TYPE]:
        raise AwsError("InvalidResourceType", "The resource type is not valid. The only valid type is ManagedInstance.")
    node, tests = _node(world, call, ids[0]), _tests(parameters, ITEM_FILTERS)
    rows = [item for summary in summaries_of(world, node) for item in _items(world, summary)]
    shown = [row for row in rows if all(test(str(row.get(key, ""))) for key, test in tests.items())]
    items, more = page(shown, parameters, default=50)
    return {"ComplianceItems": items, **more}


def _node(world: World, call: Call, name: str) -> Node:
    node = world.fleet.nodes.get(name)
    if node is None or (node.account_id, node.region) != (call.account, call.region):
        raise AwsError("InvalidResourceId", f"The resource ID {name} is not valid. Verify that it exists.")
    return node


def _items(world: World, summary: Summary) -> Iterator[dict[str, Any]]:
    common = {"ComplianceType": summary.kind, "ResourceType": RESOURCE_TYPE, "ResourceId": summary.node.instance_id,
              "ExecutionSummary": summary.execution(world.now())}  # fmt: skip
    if isinstance(summary.told, Report):
        yield from ({**common, **item} for item in _patch_items(world, summary.node, summary.told))
    elif isinstance(summary.told, CustomReport):
        yield from ({**common, **item} for item in summary.told.items)
    else:
        for association, result in summary.told:
            yield {
                **common,
                "Id": association.association_id,
                "Title": association.facts.get("AssociationName") or association.facts["Name"],
                "Status": status_of(result),
                "Severity": severity_of(association),
                "Details": {"DocumentName": association.facts["Name"], "DocumentVersion": "1"},
            }


def _patch_items(world: World, node: Node, report: Report) -> Iterator[dict[str, Any]]:
    wrong, levels = {f.patch_id for f in report.wrong}, {f.patch_id: f.level for f in report.findings}
    for row, state in rows_of(world, node, report):
        patch = row.patch
        level = row.ruling.level if state == PatchState.INSTALLED else levels.get(patch.patch_id, "UNSPECIFIED")
        yield {
            "Id": patch.kb_id,
            "Title": patch.title,
            "Status": NON_COMPLIANT if patch.patch_id in wrong else COMPLIANT,
            "Severity": level,
            "Details": {
                "DocumentName": "AWS-RunPatchBaseline",
                "DocumentVersion": "1",
                "PatchBaselineId": report.baseline_id,
                "PatchGroup": report.patch_group,
                "PatchState": str(state),
                "PatchSeverity": patch.severity,
                "Classification": patch.classification,
                "InstalledTime": f"{row.installed_at:%Y-%m-%dT%H:%M:%SZ}" if row.installed_at else "",
            },
        }


@operation(
    "ssm", "PutComplianceItems",
    takes="ResourceId ResourceType ComplianceType ExecutionSummary Items ItemContentHash UploadType",
)  # fmt: skip
def put_compliance_items(world: World, call: Call, parameters: Parameters) -> Parameters:
    """What someone else knows of a node, under a Custom: type; it replaces what was there unless it is PARTIAL.

    The hash is taken as given: without items it says that nothing has changed.
    """
    kind, items = parameters["ComplianceType"], parameters["Items"]
    if parameters["ResourceType"] != RESOURCE_TYPE:
        raise AwsError("InvalidResourceType", "The resource type is not valid. The only valid type is ManagedInstance.")
    if not kind.startswith("Custom:"):
        raise AwsError("InvalidItemContentException", f"{kind} is not a custom compliance type (Custom:...).")
    if len(json.dumps(items)) > LARGEST_PUT:
        raise AwsError("TotalSizeLimitExceededException", "The size of the items exceeds the limit.")
    node = _node(world, call, parameters["ResourceId"])
    shelf = world.fleet.custom.setdefault(node.instance_id, {})
    if kind not in shelf and len(shelf) >= MOST_CUSTOM_TYPES:
        raise AwsError("ComplianceTypeCountLimitExceededException", f"At most {MOST_CUSTOM_TYPES} types of a node.")
    if not items and parameters.get("ItemContentHash"):
        return {}
    told = {str(item.get("Id", number)): item for number, item in enumerate(items)}
    if parameters.get("UploadType") == "PARTIAL" and kind in shelf:
        told = {**{str(item.get("Id", n)): item for n, item in enumerate(shelf[kind].items)}, **told}
    shelf[kind] = CustomReport(tuple(told.values()), dict(parameters["ExecutionSummary"]))
    return {}
