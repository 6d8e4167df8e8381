"""Policy documents: each is one that IAM's checker has nothing to say about, and opens what it should and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policies.domain import iam
from policies.domain.resources import Place
from policies.domain.spec import AccountScope, LogStorage, NodeScope, Targets
from tests.domain.policy_lint import complaints, trust_complaints

ACCOUNT, ID = "111122223333", "abcde"
PLACE = Place(ACCOUNT, "us-east-1", "o-demoorg001", "r-demo")
BUCKET = f"arn:aws:s3:::aws-quicksetup-patchpolicy-{ACCOUNT}-{ID}"
FILE = f"{BUCKET}/baseline_overrides.json"
LOGS = LogStorage("example-logs", "us-east-1", "patching/")
ORGANIZATION = Targets(AccountScope.ORGANIZATION, ("us-east-1",), NodeScope.ALL)
UNITS = replace(ORGANIZATION, account_scope=AccountScope.UNITS, unit_ids=("ou-demo-workload1", "ou-demo-infra0001"))
OWN = replace(ORGANIZATION, account_scope=AccountScope.ACCOUNT)
SCOPES = pytest.mark.parametrize("targets", [ORGANIZATION, UNITS, OWN], ids=["organization", "units", "account"])
EVERYONE_OF: dict[str, dict[str, Any]] = {
    "organization": {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-demoorg001"]}}},
    "units": {
        "Principal": "*",
        "Condition": {
            "ForAnyValue:StringLike": {
                "aws:PrincipalOrgPaths": ["o-demoorg001/*/ou-demo-infra0001/*", "o-demoorg001/*/ou-demo-workload1/*"]
            }
        },
    },
    "account": {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
}


def statement(document: dict[str, Any], sid: str) -> dict[str, Any]:
    """The one statement with this Sid."""
    (found,) = [each for each in document["Statement"] if each.get("Sid") == sid]
    return dict(found)


@SCOPES
def test_the_override_buckets_policy_passes_the_checker(targets: Targets) -> None:
    assert complaints(iam.bucket_policy(PLACE, ID, targets)) == []


@SCOPES
def test_a_log_buckets_policy_passes_the_checker(targets: Targets) -> None:
    assert complaints(iam.log_bucket_policy(PLACE, LOGS, targets)) == []


@pytest.mark.parametrize(
    "document",
    [
        iam.access_log_bucket_policy(PLACE, ID),
        iam.node_policy(PLACE, ID),
        iam.node_policy_for_all_buckets(),
        iam.node_log_policy(LOGS),
        iam.endpoint_policy(PLACE, ID, "eu-west-1"),
        iam.endpoint_policy_for_all_buckets("eu-west-1"),
        iam.automation_policy(ACCOUNT, "aws", ID),
    ],
    ids=["access log", "node", "node, all buckets", "node, logs", "endpoint", "endpoint, all buckets", "automation"],
)
def test_every_other_document_passes_the_checker(document: dict[str, Any]) -> None:
    assert complaints(document) == []


def test_the_automations_trust_passes_the_checker() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/AWS-QuickSetup-AutomationRole-us-east-1-{ID}"

    assert trust_complaints(iam.automation_trust(ACCOUNT, "aws"), role) == []


def test_the_checker_does_find_faults() -> None:
    document = iam.node_policy(PLACE, ID)
    document["Statement"][0]["Action"] = "s3:GetEverything"

    assert complaints(document)


@pytest.mark.parametrize(("targets", "name"), [(ORGANIZATION, "organization"), (UNITS, "units"), (OWN, "account")])
def test_the_file_is_open_to_the_targets_accounts_alone(targets: Targets, name: str) -> None:
    document = iam.bucket_policy(PLACE, ID, targets)

    opened = {"Sid": "Target", "Effect": "Allow", "Action": "s3:GetObject", "Resource": FILE, **EVERYONE_OF[name]}
    assert [each for each in document["Statement"] if each["Effect"] == "Allow"] == [opened]


def test_the_file_is_closed_to_roles_without_the_policys_tag() -> None:
    assert statement(iam.bucket_policy(PLACE, ID, ORGANIZATION), "DenyAllButPrincipalsWithTag") == {
        "Sid": "DenyAllButPrincipalsWithTag",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [FILE],
        "Condition": {"StringNotEquals": {f"aws:PrincipalTag/QSConfigId-{ID}": ID}},
    }


@pytest.mark.parametrize("targets", [ORGANIZATION, UNITS])
def test_a_lone_account_cannot_open_the_file_to_others(targets: Targets) -> None:
    with pytest.raises(ValueError, match="need an organization"):
        iam.bucket_policy(Place(ACCOUNT, "us-east-1"), ID, targets)


def test_only_s3_itself_writes_the_access_log_and_only_of_the_policys_bucket() -> None:
    assert statement(iam.access_log_bucket_policy(PLACE, ID), "AccessLog") == {
        "Sid": "AccessLog",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::aws-quicksetup-patchpolicy-access-log-{ACCOUNT}-{ID}/*",
        "Condition": {"ArnLike": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }


def test_a_nodes_policy_names_the_bucket_as_the_source_page_does_and_its_objects_too() -> None:
    assert iam.node_policy(PLACE, ID)["Statement"][0]["Resource"] == [BUCKET, f"{BUCKET}/*"]


def test_the_policy_for_all_buckets_is_the_source_pages() -> None:
    assert iam.node_policy_for_all_buckets() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccessToAllPatchPolicyRelatedBuckets",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::aws-quicksetup-patchpolicy-*",
            }
        ],
    }


@pytest.mark.parametrize(
    ("prefix", "objects"), [("", "*"), ("patching", "patching/*"), ("/a/b/", "a/b/*")], ids=["none", "one", "slashes"]
)
def test_logs_are_written_under_the_prefix_alone(prefix: str, objects: str) -> None:
    document = iam.node_log_policy(replace(LOGS, prefix=prefix))

    assert statement(document, "WritePatchLogs")["Resource"] == f"arn:aws:s3:::example-logs/{objects}"


def test_targets_write_logs_and_the_policys_account_reads_them() -> None:
    document = iam.log_bucket_policy(PLACE, LOGS, ORGANIZATION)

    writers, reader = statement(document, "PatchLogWriters"), statement(document, "PatchLogReader")
    assert writers["Principal"] == "*"
    assert writers["Condition"] == EVERYONE_OF["organization"]["Condition"]
    assert (reader["Principal"], reader["Action"]) == (EVERYONE_OF["account"]["Principal"], "s3:GetObject")


def test_an_endpoint_lets_through_the_policys_bucket_and_the_regions_buckets_of_aws() -> None:
    document = iam.endpoint_policy(PLACE, ID, "eu-west-1")

    assert statement(document, "PatchPolicyBucket")["Resource"] == f"{BUCKET}/*"
    managed = statement(document, "AwsManagedBuckets")["Resource"]
    assert "arn:aws:s3:::patch-baseline-snapshot-eu-west-1/*" in managed
    assert "arn:aws:s3:::aws-patch-manager-eu-west-1-*/*" in managed
    assert all("eu-west-1" in bucket for bucket in managed)


def test_the_automation_attaches_and_detaches_two_policies_of_aws_and_no_other() -> None:
    assert statement(iam.automation_policy(ACCOUNT, "aws", ID), "ChangeRoles")["Condition"] == {
        "ArnEquals": {
            "iam:PolicyARN": [
                "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                "arn:aws:iam::aws:policy/AWSQuickSetupPatchPolicyBaselineAccess",
            ]
        }
    }


OWN_TAGS = [
    f"QSConfigId-{ID}",
    "QSConfigId-Attached-AmazonSSMManagedInstanceCore",
    "QSConfigId-Attached-AWSQuickSetupPatchPolicyBaselineAccess",
]


def test_the_automation_sets_its_tag_with_notes_of_what_it_attached_and_takes_off_no_other() -> None:
    document = iam.automation_policy(ACCOUNT, "aws", ID)
    only_ours = {"ForAllValues:StringEquals": {"aws:TagKeys": OWN_TAGS}}

    assert statement(document, "TagRoles")["Condition"] == {
        "StringEquals": {f"aws:RequestTag/QSConfigId-{ID}": ID},
        **only_ours,
    }
    assert statement(document, "UntagRoles")["Condition"] == only_ours


def test_the_automation_cannot_raise_itself() -> None:
    assert statement(iam.automation_policy(ACCOUNT, "aws", ID), "NotItself") == {
        "Sid": "NotItself",
        "Effect": "Deny",
        "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:TagRole", "iam:UntagRole"],
        "Resource": f"arn:aws:iam::{ACCOUNT}:role/AWS-QuickSetup-AutomationRole-*",
    }


def test_the_automation_writes_nothing_else() -> None:
    allowed = iam.automation_policy(ACCOUNT, "aws", ID)["Statement"]

    actions = [each["Action"] for each in allowed if each["Effect"] == "Allow"]
    assert actions == [
        ["ec2:DescribeInstances", "ssm:DescribeInstanceInformation"],
        "iam:GetInstanceProfile",
        "iam:ListEntitiesForPolicy",
        ["iam:ListAttachedRolePolicies", "iam:ListRoleTags"],
        ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "iam:TagRole",
        "iam:UntagRole",
    ]


def test_only_automations_of_the_account_take_the_automations_role() -> None:
    (trust,) = iam.automation_trust(ACCOUNT, "aws")["Statement"]

    assert trust["Principal"] == {"Service": "ssm.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ssm:*:{ACCOUNT}:automation-execution/*"},
    }
