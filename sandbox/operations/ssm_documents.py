"""Systems Manager: documents."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.documents import AWS_DOCUMENTS, Document
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters, operation


def _find(world: World, call: Call, name: str) -> Document:
    found = world.documents.get((call.account, call.region), {}).get(name)
    if found is None and name in AWS_DOCUMENTS:
        return Document(name, AWS_DOCUMENTS[name], {"schemaVersion": "2.2"}, world.now())
    if found is None:
        raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
    return found


@operation("ssm", "CreateDocument")
def create_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document of one's own, in JSON."""
    documents, name = world.documents.setdefault((call.account, call.region), {}), parameters["Name"]
    if name in documents:
        raise AwsError("DocumentAlreadyExists", f"Document with name {name} already exists in the region.")
    kind = parameters.get("DocumentType") or "Command"
    content = _content(parameters["Content"], kind)
    tags = {t["Key"]: t["Value"] for t in parameters.get("Tags") or []}
    documents[name] = Document(name, kind, content, world.now(), tags=tags)
    return {"DocumentDescription": _description(call, documents[name])}


@operation("ssm", "DescribeDocument")
def describe_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document's facts."""
    return {"Document": _description(call, _find(world, call, parameters["Name"]))}


@operation("ssm", "GetDocument")
def get_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """A document's content."""
    document = _find(world, call, parameters["Name"])
    return {
        "Name": document.name,
        "Content": json.dumps(document.content),
        "DocumentType": document.kind,
        "DocumentFormat": "JSON",
        "DocumentVersion": str(document.version),
        "Status": "Active",
    }


@operation("ssm", "UpdateDocument")
def update_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Another content, as a version more; only the newest is kept."""
    document = _find(world, call, parameters["Name"])
    if document.name in AWS_DOCUMENTS:
        raise AwsError("InvalidDocumentOperation", "A document that AWS owns cannot be changed.")
    content = _content(parameters["Content"], document.kind)
    if content == document.content:
        raise AwsError("DuplicateDocumentContent", "The content of the document is that of its newest version.")
    document.content, document.version = content, document.version + 1
    return {"DocumentDescription": _description(call, document)}


@operation("ssm", "UpdateDocumentDefaultVersion", takes="Name DocumentVersion")
def update_document_default_version(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Make a version the default one; it can only be the newest, which it is already."""
    document, wanted = _find(world, call, parameters["Name"]), parameters["DocumentVersion"]
    if wanted != str(document.version):
        raise AwsError("InvalidDocumentVersion", f"The document {document.name} has no version {wanted}.")
    return {"Description": {"Name": document.name, "DefaultVersion": wanted}}


@operation("ssm", "DeleteDocument")
def delete_document(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove a document of one's own."""
    document = _find(world, call, parameters["Name"])
    if document.name in AWS_DOCUMENTS:
        raise AwsError("InvalidDocumentOperation", "A document that AWS owns cannot be deleted.")
    del world.documents[call.account, call.region][document.name]
    return {}


def _content(text: str, kind: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
        if kind == "Automation" and not content["mainSteps"]:
            raise ValueError("mainSteps is empty")
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("InvalidDocumentContent", f"The content of the document is not valid: {error}") from error
    return content


def _description(call: Call, document: Document) -> Parameters:
    return {
        "Name": document.name,
        "Owner": "Amazon" if document.name in AWS_DOCUMENTS else call.account,
        "CreatedDate": document.created_at,
        "Status": "Active",
        "DocumentVersion": str(document.version),
        "DocumentType": document.kind,
        "DocumentFormat": "JSON",
        "SchemaVersion": str(document.content.get("schemaVersion", "")),
        "Tags": [{"Key": k, "Value": v} for k, v in document.tags.items()],
    }
