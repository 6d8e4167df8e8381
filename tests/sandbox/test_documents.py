"""Documents: AWS's own, and an account's in versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from sandbox.engine.world import World
from tests.sandbox.conftest import MANAGEMENT, MEMBER, Connect
from tests.sandbox.state_manager import associate, let_pass, refusal

SCRIPT: dict[str, Any] = {
    "schemaVersion": "2.2",
    "description": "Greets",
    "parameters": {"Name": {"type": "String", "default": "you", "allowedPattern": "^[a-z]+$"}},
    "mainSteps": [{"action": "aws:runShellScript", "name": "greet", "inputs": {"runCommand": ["echo {{ Name }}"]}}],
}


@pytest.fixture
def ssm(client: Connect) -> Any:
    return client("ssm", MEMBER)


def changed(**more: Any) -> str:
    return json.dumps({**SCRIPT, **more})


def test_a_document_is_made_read_in_either_format_and_removed(ssm: Any) -> None:
    ssm.create_document(Name="greet", Content=yaml.safe_dump(SCRIPT), DocumentFormat="YAML", VersionName="one")
    told = ssm.describe_document(Name="greet")["Document"]
    assert (told["Owner"], told["DocumentVersion"], told["VersionName"]) == (MEMBER, "1", "one")
    assert told["Parameters"] == [{"Name": "Name", "Type": "String", "DefaultValue": "you"}]
    assert json.loads(ssm.get_document(Name="greet")["Content"]) == SCRIPT
    assert yaml.safe_load(ssm.get_document(Name="greet", DocumentFormat="YAML")["Content"]) == SCRIPT
    ssm.delete_document(Name="greet")
    assert refusal(ssm.get_document, Name="greet") == "InvalidDocument"


def test_a_new_version_becomes_the_default_only_when_it_is_set_and_then_associations_run_again(
    ssm: Any, world: World
) -> None:
    ssm.create_document(Name="greet", Content=changed())
    follows = associate(ssm, Name="greet", Parameters={})
    pinned = associate(ssm, Name="greet", Parameters={}, DocumentVersion="1")
    let_pass(world, minutes=5)
    ssm.update_document(Name="greet", Content=changed(description="Waves"), DocumentVersion="$LATEST")
    let_pass(world, minutes=5)
    assert ssm.get_document(Name="greet")["DocumentVersion"] == "1"
    assert len(world.associations.all[follows].executions) == 1

    ssm.update_document_default_version(Name="greet", DocumentVersion="2")
    let_pass(world, minutes=5)
    assert len(world.associations.all[follows].executions) == 2
    assert len(world.associations.all[pinned].executions) == 1
    versions = ssm.list_document_versions(Name="greet")["DocumentVersions"]
    assert [(v["DocumentVersion"], v["IsDefaultVersion"]) for v in versions] == [("2", True), ("1", False)]
    assert refusal(ssm.delete_document, Name="greet") == "AssociatedInstances"


def test_an_update_is_refused_when_it_changes_nothing_or_starts_from_an_old_version(ssm: Any) -> None:
    ssm.create_document(Name="greet", Content=changed())
    same = {"Name": "greet", "Content": changed(), "DocumentVersion": "$LATEST"}
    assert refusal(ssm.update_document, **same) == "DuplicateDocumentContent"
    ssm.update_document(Name="greet", Content=changed(description="Two"), DocumentVersion="$LATEST")
    old = {"Name": "greet", "Content": changed(description="Three"), "DocumentVersion": "1"}
    assert refusal(ssm.update_document, **old) == "InvalidDocumentVersion"
    gone = {"Name": "greet", "DocumentVersion": "9"}
    assert refusal(ssm.update_document_default_version, **gone) == "InvalidDocumentVersion"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"Name": "AWS-Mine"}, "ValidationException"),
        ({"Name": "amazon-mine"}, "ValidationException"),
        ({"Content": "not json"}, "InvalidDocumentContent"),
        ({"Content": "{}"}, "InvalidDocumentContent"),
        ({"Content": changed(schemaVersion="0.3")}, "InvalidDocumentSchemaVersion"),
        ({"Content": changed(description="x" * 70_000)}, "MaxDocumentSizeExceeded"),
    ],
)
def test_what_is_no_document_is_refused(ssm: Any, wanted: dict[str, Any], code: str) -> None:
    assert refusal(ssm.create_document, **{"Name": "greet", "Content": changed(), **wanted}) == code


def test_a_name_is_taken_once(ssm: Any) -> None:
    ssm.create_document(Name="greet", Content=changed())
    assert refusal(ssm.create_document, Name="greet", Content=changed()) == "DocumentAlreadyExists"


def test_aws_s_documents_are_there_for_everyone_and_nobody_changes_them(ssm: Any) -> None:
    told = ssm.describe_document(Name="AWS-RunPatchBaseline")["Document"]
    assert (told["Owner"], told["SchemaVersion"], told["PlatformTypes"]) == (
        "Amazon", "2.2", ["Windows", "Linux", "MacOS"])  # fmt: skip
    named = {p["Name"] for p in told["Parameters"]}
    assert named == {"Operation", "AssociationId", "SnapshotId", "InstallOverrideList", "BaselineOverride",
                     "RebootOption", "StepTimeoutSeconds"}  # fmt: skip
    assert refusal(ssm.delete_document, Name="AWS-RunPatchBaseline") == "InvalidDocumentOperation"
    asked = {"Name": "AWS-RunPatchBaseline", "PermissionType": "Share"}
    assert refusal(ssm.describe_document_permission, **asked) == "InvalidDocumentOperation"


def test_a_document_of_one_s_own_is_shared_with_nobody(ssm: Any) -> None:
    ssm.create_document(Name="greet", Content=changed())
    told = ssm.describe_document_permission(Name="greet", PermissionType="Share", MaxResults=5)
    assert told["AccountIds"] == []


def test_documents_are_listed_by_owner_kind_platform_and_name(ssm: Any, client: Connect) -> None:
    ssm.create_document(Name="greet", Content=changed(), Tags=[{"Key": "Team", "Value": "blue"}])

    def found(key: str, *values: str) -> set[str]:
        told = ssm.list_documents(Filters=[{"Key": key, "Values": list(values)}])["DocumentIdentifiers"]
        return {d["Name"] for d in told}

    assert found("Owner", "Self") == found("tag:Team", "blue") == found("Name", "gre") == {"greet"}
    assert "AWS-RunPatchBaseline" in found("Owner", "Amazon")
    assert found("DocumentType", "Policy") == {"AWS-GatherSoftwareInventory"}
    assert "AWS-RunPowerShellScript" not in found("PlatformTypes", "MacOS")
    colour = [{"Key": "Colour", "Values": ["red"]}]
    assert refusal(ssm.list_documents, Filters=colour) == "InvalidFilterKey"
    outsider = client("ssm", MANAGEMENT)
    assert refusal(outsider.get_document, Name="greet") == "InvalidDocument"
