"""The CloudFormation template of a policy's stack sets: what stands in each account and Region.

Associations that run AWS-RunPatchBaseline with the policy's override file and, where allowed, the automation that gives
nodes access to it. The same template deploys in every Region of an account: what is global in IAM carries the Region.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.domain import naming
from policies.domain.canonical import canonical
from policies.domain.resources import OVERRIDE_FILE, Place
from policies.domain.schedule import parse
from policies.domain.spec import LogStorage, PolicySpec, Schedule
from policies.plan.access_template import access_associations, access_resources
from policies.plan.node_targets import node_targets

PATCH_DOCUMENT = "AWS-RunPatchBaseline"
ID_PARAMETER = "QSConfigurationId"
"""The parameter in which people look up a policy's configuration id (source page, case 1)."""
LARGEST = 51_200
"""Bytes of a template that a request may carry (TemplateBody)."""

Properties = dict[str, Any]


def make_template(spec: PolicySpec, place: Place, configuration_id: str, kind: str) -> str:
    """The template as canonical JSON; `kind` is TA, MA or LA. Raises ScheduleError for a spec that was not checked."""
    resources = _association_resources(spec, place, configuration_id, kind)
    if spec.attach_iam:
        resources |= access_resources(configuration_id, kind, spec.targets)
    return canonical(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": f"Patch policy {configuration_id}: associations of {PATCH_DOCUMENT}, made by PatchPortal.",
            "Parameters": {ID_PARAMETER: _id_parameter(configuration_id)},
            "Resources": resources,
            "Outputs": {"ConfigurationId": {"Value": {"Ref": ID_PARAMETER}}},
        }
    )


def _id_parameter(configuration_id: str) -> Properties:
    return {
        "Type": "String",
        "Default": configuration_id,
        "AllowedValues": [configuration_id],
        "Description": "The configuration id that names the policy in AWS.",
    }


def _association_resources(spec: PolicySpec, place: Place, configuration_id: str, kind: str) -> dict[str, Properties]:
    bucket = naming.override_bucket(place.account_id, configuration_id)
    override = {"BaselineOverride": [f"s3://{bucket}/{OVERRIDE_FILE}"]}
    scan = {"Operation": ["Scan"], **override}
    resources = {"ScanForPatches": _association(spec, spec.scan, scan, naming.SCAN, kind, configuration_id)}
    if spec.install:
        reboot = "RebootIfNeeded" if spec.reboot_if_needed else "NoReboot"
        install = {"Operation": ["Install"], "RebootOption": [reboot], **override}
        resources["InstallPatches"] = _association(spec, spec.install, install, naming.INSTALL, kind, configuration_id)
    return resources


def _association(
    spec: PolicySpec, schedule: Schedule, parameters: Mapping[str, Any], purpose: str, kind: str, configuration_id: str
) -> Properties:
    properties: Properties = {
        "Name": PATCH_DOCUMENT,
        "AssociationName": naming.association(purpose, kind, configuration_id),
        "Parameters": dict(parameters),
        "Targets": node_targets(spec.targets),
        "ScheduleExpression": parse(schedule.expression).expression,
        "ApplyOnlyAtCronInterval": schedule.wait_for_first_interval,
        "MaxConcurrency": spec.rate.concurrency,
        "MaxErrors": spec.rate.error_threshold,
        "SyncCompliance": "AUTO",
    }
    if spec.logs:
        properties["OutputLocation"] = _output_location(spec.logs, configuration_id)
    association: Properties = {"Type": "AWS::SSM::Association", "Properties": properties}
    if spec.attach_iam:
        # Waits until access is on its way, not for its runs: a node that cannot be helped must not hold up the stack.
        association["DependsOn"] = access_associations(spec.targets)
    return association


def _output_location(logs: LogStorage, configuration_id: str) -> Properties:
    """Nothing in the keys that nodes write names account or Region, so the prefix does (aws-facts 3.3)."""
    own = [part for part in (logs.prefix.strip("/"), configuration_id) if part]
    prefix = {"Fn::Join": ["/", [*own, {"Ref": "AWS::AccountId"}, {"Ref": "AWS::Region"}]]}
    return {
        "S3Location": {
            "OutputS3BucketName": logs.bucket,
            "OutputS3Region": logs.region,
            "OutputS3KeyPrefix": prefix,
        }
    }
