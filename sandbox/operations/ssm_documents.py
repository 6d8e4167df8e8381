"""Systems Manager: documents, AWS's own and those of an account, in versions."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import yaml

from sandbox.engine.documents import AWS_OWNER, PLATFORMS, Document, DocumentVersion, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.triggers import document_changed
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation

LONGEST_CONTENT = 64 * 1024
MOST_DOCUMENTS, MOST_VERSIONS = 500, 1000
RESERVED = ("aws", "amazon", "amzn")
SCHEMAS = {"Command": ("1.2", "2.0", "2.2"), "Policy": ("2.0", "2.2"), "Automation": ("0.3",), "Session": ("1.0",)}


@operation(
    "ssm", "CreateDocument", takes="Content DisplayName DocumentFormat DocumentType Name Tags TargetType VersionName"
)
def create_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document of one's own, in JSON or YAML."""
    documents, name = world.documents.setdefault((call.account, call.region), {}), parameters["Name"]
    if name.lower().startswith(RESERVED):
        raise AwsError("ValidationException", f"The name {name} begins with a prefix that AWS keeps for itself.")
    if name in documents:
        raise AwsError("DocumentAlreadyExists", f"Document with name {name} already exists in the region.")
    if len(documents) >= MOST_DOCUMENTS:
        raise AwsError("DocumentLimitExceeded", f"You can have at most {MOST_DOCUMENTS} active documents.")
    kind = parameters.get("DocumentType") or "Command"
    documents[name] = Document(
        name, kind, call.account, [_read(world, parameters, kind, 1)],
        target_type=parameters.get("TargetType") or "", display_name=parameters.get("DisplayName") or "",
        tags={t["Key"]: t["Value"] for t in parameters.get("Tags") or []},
    )  # fmt: skip
    return {"DocumentDescription": _description(documents[name], documents[name].latest)}


def _read(world: World, parameters: Parameters, kind: str, number: int) -> DocumentVersion:
    text, form = parameters["Content"], parameters.get("DocumentFormat") or "JSON"
    if len(text.encode()) > LONGEST_CONTENT:
        raise AwsError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.")
    try:
        content = json.loads(text) if form == "JSON" else yaml.safe_load(text)
        schema = str(content["schemaVersion"])
        if kind == "Automation" and not all("name" in s and "action" in s for s in content["mainSteps"] or [{}]):
            raise ValueError("each step of an automation needs a name and an action")
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise AwsError("InvalidDocumentContent", f"The content of the document is not valid: {error}") from error
    if schema not in SCHEMAS.get(kind, (schema,)):
        raise AwsError("InvalidDocumentSchemaVersion", f"{kind} documents do not have schema version {schema}.")
    return DocumentVersion(number, content, text, form, world.now(), parameters.get("VersionName") or "")


@operation(
    "ssm", "UpdateDocument", takes="Content DisplayName DocumentFormat DocumentVersion Name TargetType VersionName"
)
def update_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A new version of a document; the default stays until it is set."""
    document = _find_own(world, call, parameters["Name"])
    wanted = parameters.get("DocumentVersion") or "$DEFAULT"
    if document.version(wanted) is not document.latest:
        raise AwsError("InvalidDocumentVersion", "Only the latest version can be updated: name it, or $LATEST.")
    if len(document.versions) >= MOST_VERSIONS:
        raise AwsError("DocumentVersionLimitExceeded", f"A document has at most {MOST_VERSIONS} versions.")
    version = _read(world, parameters, document.kind, document.latest.number + 1)
    if version.content == document.latest.content:
        raise AwsError("DuplicateDocumentContent", "The content of the document is the same as that of the latest one.")
    if version.name and version.name in {v.name for v in document.versions}:
        raise AwsError("DuplicateDocumentVersionName", f"There is a version named {version.name} already.")
    document.versions.append(version)
    document.target_type = parameters.get("TargetType") or document.target_type
    document.display_name = parameters.get("DisplayName") or document.display_name
    return {"DocumentDescription": _description(document, version)}


@operation("ssm", "UpdateDocumentDefaultVersion", takes="DocumentVersion Name")
def update_document_default_version(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Another default version; the associations that follow it run again."""
    document = _find_own(world, call, parameters["Name"], "InvalidDocument")
    version = document.version(parameters["DocumentVersion"])
    if version.number != document.default:
        document.default = version.number
        document_changed(world, call.account, call.region, document.name)
    told = {"Name": document.name, "DefaultVersion": str(version.number)}
    return {"Description": {**told, "DefaultVersionName": version.name} if version.name else told}


@operation("ssm", "DescribeDocument", takes="DocumentVersion Name VersionName")
def describe_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document's facts."""
    document = get_document(world, call.account, call.region, parameters["Name"])
    return {"Document": _description(document, _version(document, parameters))}


@operation("ssm", "GetDocument", takes="DocumentFormat DocumentVersion Name VersionName")
def read_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document's content, as it was given or in another format."""
    document = get_document(world, call.account, call.region, parameters["Name"])
    version = _version(document, parameters)
    form = parameters.get("DocumentFormat") or "JSON"
    text = version.text
    if form != version.format:
        text = json.dumps(version.content) if form == "JSON" else yaml.safe_dump(version.content, sort_keys=False)
    return {
        **_common(document, version),
        "Content": text,
        "DocumentFormat": form,
        "Status": "Active",
        "CreatedDate": version.created_at,
    }


@operation("ssm", "DeleteDocument", takes="DocumentVersion Name VersionName", moot="Force")
def delete_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a document of one's own, or one version of it."""
    document = _find_own(world, call, parameters["Name"])
    if parameters.get("DocumentVersion") or parameters.get("VersionName"):
        version = _known_version(document, parameters)
        if version.number == document.default:
            raise AwsError("InvalidDocumentOperation", "The default version cannot be deleted by itself.")
        document.versions.remove(version)
        return {}
    used = [a for a in world.associations.within(call.account, call.region) if a.facts["Name"] == document.name]
    if used:
        raise AwsError("AssociatedInstances", f"{len(used)} associations still use the document {document.name}.")
    del world.documents[call.account, call.region][document.name]
    return {}


def _known_version(document: Document, parameters: Parameters) -> DocumentVersion:
    """DeleteDocument has no code of its own for a version that is not there."""
    try:
        return _version(document, parameters)
    except AwsError as missing:
        raise AwsError("InvalidDocument", missing.message) from missing


def _find_own(world: World, call: Call, name: str, code: str = "InvalidDocumentOperation") -> Document:
    document = get_document(world, call.account, call.region, name)
    if document.owner == AWS_OWNER:
        raise AwsError(code, "A document that AWS owns cannot be changed.")
    return document


def _version(document: Document, parameters: Parameters) -> DocumentVersion:
    name = parameters.get("VersionName")
    if name:
        found = next((v for v in document.versions if v.name == name), None)
        if found is None:
            raise AwsError("InvalidDocumentVersion", f"The document {document.name} has no version named {name}.")
        return found
    return document.version(parameters.get("DocumentVersion") or "$DEFAULT")


def _common(document: Document, version: DocumentVersion) -> dict[str, Any]:
    told = {
        "Name": document.name,
        "DocumentVersion": str(version.number),
        "DocumentType": document.kind,
        "VersionName": version.name,
        "DisplayName": document.display_name,
    }
    return {key: value for key, value in told.items() if value}


def identify(document: Document) -> dict[str, Any]:
    """A document in a list: its default version."""
    version = document.version()
    told = {
        **_common(document, version),
        "Owner": document.owner,
        "CreatedDate": version.created_at,
        "PlatformTypes": list(document.platforms or PLATFORMS),
        "SchemaVersion": str(version.content.get("schemaVersion", "")),
        "DocumentFormat": version.format,
        "Tags": [{"Key": k, "Value": v} for k, v in document.tags.items()],
    }
    return {**told, "TargetType": document.target_type} if document.target_type else told


def _description(document: Document, version: DocumentVersion) -> dict[str, Any]:
    described = version.content.get("parameters") or {}
    told = {
        **identify(document),
        **_common(document, version),
        "CreatedDate": version.created_at,
        "DocumentFormat": version.format,
        "Status": "Active",
        "Hash": hashlib.sha256(version.text.encode()).hexdigest(),
        "HashType": "Sha256",
        "LatestVersion": str(document.latest.number),
        "DefaultVersion": str(document.default),
        "Parameters": [_parameter(name, rule) for name, rule in described.items()],
    }
    words = version.content.get("description")
    return {**told, "Description": str(words)} if words else told


def _parameter(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    told = {"Name": name, "Type": "StringList" if rule.get("type") == "StringList" else "String"}
    if rule.get("description"):
        told["Description"] = str(rule["description"])
    if "default" in rule:
        default = rule["default"]
        told["DefaultValue"] = default if isinstance(default, str) else json.dumps(default)
    return told
