"""The Automation documents that give nodes access: find the node's role, attach two policies to it, tag it.

What the role lacked before is noted on it, so that it can be taken back when the policy goes (withdrawal.py). A node
without a role is left alone. The role of an EC2 instance is found through its profile, a hybrid node's (mi-...) is its
service role. Documents are typed by what they run on, so that tags resolve to that kind of node alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from policies.domain import naming
from policies.domain.iam import BASELINE_ACCESS_POLICY, CORE_POLICY, NODE_POLICIES, managed_policy


class NodeKind(StrEnum):
    """What an automation runs on; values are CloudFormation's names, as documents' TargetType takes them."""

    EC2 = "/AWS::EC2::Instance"
    HYBRID = "/AWS::SSM::ManagedInstance"


FIND_EC2_ROLE = """\
import boto3


def find_role(events, context):
    node = events["node"]
    if not node.startswith("i-"):
        return {"found": "none", "role": ""}
    wanted = [{"Name": "instance-id", "Values": [node]}]
    reservations = boto3.client("ec2").describe_instances(Filters=wanted)["Reservations"]
    instance = reservations[0]["Instances"][0] if reservations else {}
    profile = instance.get("IamInstanceProfile", {}).get("Arn", "").split("/")[-1]
    if not profile:
        return {"found": "none", "role": ""}
    roles = boto3.client("iam").get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    return {"found": "role", "role": roles[0]["RoleName"]} if roles else {"found": "none", "role": ""}
"""
"""A script, because no other step takes the profile's name out of its ARN.

It filters because asking for an id fails where there is no such instance: a policy over several accounts or Regions
brings the ids that were chosen to each of them.
"""

FIND_HYBRID_ROLE = """\
import boto3


def find_role(events, context):
    node = events["node"]
    if not node.startswith("mi-"):
        return {"found": "none", "role": ""}
    wanted = [{"Key": "InstanceIds", "Values": [node]}]
    known = boto3.client("ssm").describe_instance_information(Filters=wanted)["InstanceInformationList"]
    role = known[0].get("IamRole", "").split("/")[-1] if known else ""
    return {"found": "role" if role else "none", "role": role}
"""
NOTE_WHAT_IS_MISSING = """\
import boto3


def note(events, context):
    iam = boto3.client("iam")
    attached = iam.list_attached_role_policies(RoleName=events["role"])["AttachedPolicies"]
    there = [each["PolicyArn"] for each in attached]
    missing = [tag for tag in events["notes"] if tag["Value"] not in there]
    if missing:
        iam.tag_role(RoleName=events["role"], Tags=[events["tag"]] + missing)
"""
"""Role policies are ten at most (IAM quota), so one page has them all."""
SCRIPTS = {NodeKind.EC2: FIND_EC2_ROLE, NodeKind.HYBRID: FIND_HYBRID_ROLE}

Step = dict[str, Any]


def automation_content(kind: NodeKind, role_arn: object, configuration_id: str, partition: str) -> dict[str, Any]:
    """A document's content. `role_arn`: the role that the automation takes, or CloudFormation's way to name it."""
    key, value = naming.role_tag(configuration_id)
    tag = {"Key": key, "Value": value}
    return {
        "schemaVersion": "0.3",
        "description": "Attaches what patching needs to the role that a node already has, and tags that role.",
        "assumeRole": role_arn,
        "parameters": {"InstanceId": {"type": "String", "description": "The node to look at."}},
        "mainSteps": [
            _find_role(SCRIPTS[kind]),
            _stop_without_role(),
            _note_what_is_missing(tag, partition),
            _attach("AttachCore", managed_policy(CORE_POLICY, partition)),
            _attach("AttachBaselineAccess", managed_policy(BASELINE_ACCESS_POLICY, partition)),
            {**_call("TagRole", "iam", "TagRole", {"RoleName": "{{ FindRole.Role }}", "Tags": [tag]}), "isEnd": True},
        ],
    }


def _find_role(script: str) -> Step:
    return {
        "name": "FindRole",
        "action": "aws:executeScript",
        "onFailure": "Abort",
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "find_role",
            "InputPayload": {"node": "{{ InstanceId }}"},
            "Script": script,
        },
        "outputs": [
            {"Name": "Found", "Selector": "$.Payload.found", "Type": "String"},
            {"Name": "Role", "Selector": "$.Payload.role", "Type": "String"},
        ],
    }


def _stop_without_role() -> Step:
    goes_on = {"Variable": "{{ FindRole.Found }}", "StringEquals": "role", "NextStep": "NoteWhatIsMissing"}
    return {"name": "StopWithoutRole", "action": "aws:branch", "inputs": {"Choices": [goes_on]}, "isEnd": True}


def _note_what_is_missing(tag: dict[str, str], partition: str) -> Step:
    """Goes on when the boundary forbids the look: then nothing is noted, and nothing will be taken back."""
    notes = [{"Key": naming.attached_tag(name), "Value": managed_policy(name, partition)} for name in NODE_POLICIES]
    return {
        "name": "NoteWhatIsMissing",
        "action": "aws:executeScript",
        "onFailure": "Continue",
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "note",
            "InputPayload": {"role": "{{ FindRole.Role }}", "tag": tag, "notes": notes},
            "Script": NOTE_WHAT_IS_MISSING,
        },
    }


def _attach(name: str, policy_arn: str) -> Step:
    return _call(name, "iam", "AttachRolePolicy", {"RoleName": "{{ FindRole.Role }}", "PolicyArn": policy_arn})


def _call(name: str, service: str, api: str, inputs: dict[str, Any]) -> Step:
    """One API call; tried again because many nodes that share a role are met at once."""
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "maxAttempts": 3,
        "onFailure": "Abort",
        "inputs": {"Service": service, "Api": api, **inputs},
    }
