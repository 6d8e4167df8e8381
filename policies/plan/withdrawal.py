"""Before a policy's stacks go, its access is taken off the roles of nodes: its tag, and what was attached for it.

The stacks themselves do it, as only they can in every account: each is given a runbook that goes over the roles of the
nodes there, and an association that runs it once. CloudFormation waits for the run, so the stack set's operation tells
how it went. In the same change the runbooks that give access are put to rest, or they would give it again, and patching
ends, which would fail from now on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from policies.domain import naming
from policies.domain.canonical import canonical
from policies.domain.iam import BASELINE_ACCESS_POLICY, managed_policy
from policies.domain.resources import Resource, StackInstances, StackSet
from policies.domain.sentence import N_, Sentence
from policies.plan.access_template import PARTITION, ROLE, Properties, access_role, filled, role_arn
from policies.plan.changes import Action, Change, Plan
from policies.plan.diff import make_plan

LONGEST_SECONDS = 1800
"""How long CloudFormation waits for the run; a script of Automation may take ten minutes, and is tried three times."""
TAKE_BACK = """\
import boto3


def take_back(events, context):
    iam = boto3.client("iam")
    profiles = find_profiles(boto3.client("ec2"))
    found = [role for profile in set(profiles) for role in roles_in(iam, profile)]
    found = found + find_service_roles(boto3.client("ssm")) + find_roles_with(iam, events["policy"])
    for role in set(found):
        release(iam, role, events)


def find_profiles(ec2):
    page = ec2.describe_instances()
    found = profiles_in(page)
    while page.get("NextToken"):
        page = ec2.describe_instances(NextToken=page["NextToken"])
        found = found + profiles_in(page)
    return found


def profiles_in(page):
    nodes = [node for reservation in page["Reservations"] for node in reservation["Instances"]]
    return [node["IamInstanceProfile"]["Arn"].split("/")[-1] for node in nodes if node.get("IamInstanceProfile")]


def roles_in(iam, name):
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    return [role["RoleName"] for role in profile["Roles"]]


def find_service_roles(ssm):
    page = ssm.describe_instance_information()
    found = service_roles_in(page)
    while page.get("NextToken"):
        page = ssm.describe_instance_information(NextToken=page["NextToken"])
        found = found + service_roles_in(page)
    return found


def service_roles_in(page):
    nodes = [node for node in page["InstanceInformationList"] if node["InstanceId"].startswith("mi-")]
    return [node["IamRole"].split("/")[-1] for node in nodes if node.get("IamRole")]


def find_roles_with(iam, policy):
    try:
        page = iam.list_entities_for_policy(PolicyArn=policy, EntityFilter="Role")
        found = [role["RoleName"] for role in page["PolicyRoles"]]
        while page["IsTruncated"]:
            page = iam.list_entities_for_policy(PolicyArn=policy, EntityFilter="Role", Marker=page["Marker"])
            found = found + [role["RoleName"] for role in page["PolicyRoles"]]
        return found
    except Exception:
        return []


def release(iam, role, events):
    tags = read_tags(iam, role)
    if tags and events["key"] not in [tag["Key"] for tag in tags]:
        return
    notes = [tag for tag in tags if tag["Key"].startswith(events["note"])]
    others = [tag for tag in tags if tag["Key"].startswith(events["prefix"]) and tag["Key"] != events["key"]]
    if len(others) == len(notes):
        for note in notes:
            take_off(iam, role, note)
    iam.untag_role(RoleName=role, TagKeys=[events["key"]])


def read_tags(iam, role):
    try:
        return iam.list_role_tags(RoleName=role)["Tags"]
    except Exception:
        return []


def take_off(iam, role, note):
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if note["Value"] in [each["PolicyArn"] for each in attached]:
        iam.detach_role_policy(RoleName=role, PolicyArn=note["Value"])
    iam.untag_role(RoleName=role, TagKeys=[note["Key"]])
"""
"""Roles whose nodes are gone are found by what every patch policy attaches, where the boundary lets that be seen.

A role with the tag of another policy keeps what is attached; so does one whose tags cannot be seen. The policy's own
tag goes last: a run that breaks off is gone on with by the next.
"""
PARAMETER = "ConfigurationId"


def make_removal(actual: Sequence[Resource], gave_access: bool) -> Plan:
    """The changes that remove everything; access that was ever given goes first, while stacks stand to take it back."""
    deployed = {places.stack_set for places in actual if isinstance(places, StackInstances)} if gave_access else set()
    withdrawals = [_withdraw(one) for one in actual if isinstance(one, StackSet) and one.name in deployed]
    return Plan((*withdrawals, *make_plan((), actual).changes))


def _withdraw(standing: StackSet) -> Change:
    words = N_("Take the policy's tag, and what was attached with it, off the roles of nodes by %(name)s.")
    wanted = replace(standing, template=withdrawing_template(standing))
    return Change(Action.UPDATE, wanted, Sentence(words, {"name": standing.name}), was=standing)


def withdrawing_template(standing: StackSet) -> str:
    """The set's template turned round: it takes access back. Raises ValueError for a set that is none of ours."""
    kind, configuration_id = naming.parse_stack_set(standing.name)
    template = json.loads(standing.template)
    resources = template["Resources"]
    for patching in (naming.SCAN, naming.INSTALL):
        resources.pop(patching, None)
    for purpose in naming.ACCESS.values():
        if purpose in resources:
            resources[f"{purpose}Document"]["Properties"]["Content"] = filled(_content(_rest(), "InstanceId"))
    resources[ROLE] = access_role(configuration_id)
    resources[f"{naming.WITHDRAWAL}Document"] = _document(configuration_id)
    resources[naming.WITHDRAWAL] = _association(kind, configuration_id)
    return canonical(template)


def _document(configuration_id: str) -> Properties:
    return {
        "Type": "AWS::SSM::Document",
        "Properties": {
            "Name": naming.withdrawal_document(configuration_id),
            "DocumentType": "Automation",
            "DocumentFormat": "JSON",
            "UpdateMethod": "NewVersion",
            "Content": filled(_content(_take_back(configuration_id), PARAMETER)),
        },
    }


def _association(kind: str, configuration_id: str) -> Properties:
    """Runs once, when it is made: it has no schedule. A runbook that names no node gets a value as its target.

    That CloudFormation waits for a runbook's run as for a command's (WaitForSuccessTimeoutSeconds) is UNVERIFIED. If it
    does not, the stacks may go first, and the tag and what was attached stay.
    """
    return {
        "Type": "AWS::SSM::Association",
        "Properties": {
            "Name": {"Ref": f"{naming.WITHDRAWAL}Document"},
            "AssociationName": naming.association(naming.WITHDRAWAL, kind, configuration_id),
            "AutomationTargetParameterName": PARAMETER,
            "Targets": [{"Key": "ParameterValues", "Values": [configuration_id]}],
            "MaxConcurrency": "1",
            "MaxErrors": "1",
            "WaitForSuccessTimeoutSeconds": LONGEST_SECONDS,
        },
        "DependsOn": ROLE,
    }


def _content(step: dict[str, Any], parameter: str) -> dict[str, Any]:
    return {
        "schemaVersion": "0.3",
        "description": "Takes off the roles of nodes what a patch policy gave them.",
        "assumeRole": role_arn(),
        "parameters": {parameter: {"type": "String"}},
        "mainSteps": [step],
    }


def _take_back(configuration_id: str) -> dict[str, Any]:
    key, _ = naming.role_tag(configuration_id)
    policy = managed_policy(BASELINE_ACCESS_POLICY, PARTITION)
    wanted = {"key": key, "note": naming.attached_tag(""), "prefix": naming.ROLE_TAG_PREFIX, "policy": policy}
    return _script("TakeBack", "take_back", TAKE_BACK, wanted)


def _rest() -> dict[str, Any]:
    """A runbook needs a step, and this one does nothing."""
    return _script("Rest", "rest", "def rest(events, context):\n    return {}\n", {})


def _script(name: str, handler: str, script: str, payload: dict[str, str]) -> dict[str, Any]:
    inputs = {"Runtime": "python3.11", "Handler": handler, "InputPayload": payload, "Script": script}
    tries = {"maxAttempts": 3, "onFailure": "Abort"}
    return {"name": name, "action": "aws:executeScript", **tries, "inputs": inputs, "isEnd": True}
