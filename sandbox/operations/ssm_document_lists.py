"""Systems Manager: lists of documents and of their versions, and with whom they are shared (nobody)."""

from __future__ import annotations

from sandbox.engine.documents import AWS_DOCUMENTS, AWS_OWNER, PLATFORMS, Document, get_document
from sandbox.engine.errors import AwsError
from sandbox.engine.world import World
from sandbox.operations.ssm_documents import identify
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation, read_filters

OWNERS = {"Amazon": {AWS_OWNER}, "Public": {AWS_OWNER}, "ThirdParty": set[str](), "All": None}


@operation("ssm", "ListDocuments", takes="DocumentFilterList Filters MaxResults NextToken")
def list_documents(world: World, call: Call, parameters: Parameters) -> Parameters:
    """AWS's documents and the account's own, by name."""
    filters = read_filters(parameters)
    filters |= {each["key"]: [each["value"]] for each in parameters.get("DocumentFilterList") or []}
    own = world.documents.get((call.account, call.region), {})
    found = sorted((*AWS_DOCUMENTS.values(), *own.values()), key=lambda document: document.name)
    shown = [d for d in found if all(_passes(call, d, key, values) for key, values in filters.items())]
    items, more = page(shown, parameters, default=50)
    return {"DocumentIdentifiers": [identify(document) for document in items], **more}


def _passes(call: Call, document: Document, key: str, values: list[str]) -> bool:
    if key == "Owner":
        return any(_is_owner(call, document, value) for value in values)
    if key.startswith("tag:"):
        return document.tags.get(key.removeprefix("tag:"), "\0") in values
    if key == "PlatformTypes":
        return bool(set(values) & set(document.platforms or PLATFORMS))
    if key == "Name":
        return any(document.name.startswith(value) for value in values)
    if key == "SearchKeyword":
        return any(value.lower() in document.name.lower() for value in values)
    read = {"DocumentType": document.kind, "TargetType": document.target_type}
    if key not in read:
        raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
    return read[key] in values


def _is_owner(call: Call, document: Document, wanted: str) -> bool:
    if wanted in ("Self", "Private"):
        return document.owner == call.account
    owners = OWNERS.get(wanted, {wanted})
    return owners is None or document.owner in owners


@operation("ssm", "ListDocumentVersions", takes="MaxResults Name NextToken")
def list_document_versions(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The versions of a document, the newest first."""
    document = get_document(world, call.account, call.region, parameters["Name"])
    items, more = page(document.versions[::-1], parameters, default=50)
    told = [
        {
            "Name": document.name,
            "DocumentVersion": str(version.number),
            "CreatedDate": version.created_at,
            "IsDefaultVersion": version.number == document.default,
            "DocumentFormat": version.format,
            "Status": "Active",
            **({"VersionName": version.name} if version.name else {}),
        }
        for version in items
    ]
    return {"DocumentVersions": told, **more}


@operation("ssm", "DescribeDocumentPermission", takes="MaxResults Name NextToken", moot="PermissionType")
def describe_document_permission(world: World, call: Call, parameters: Parameters) -> Parameters:
    """With whom a document is shared: documents of the sandbox stay with their accounts."""
    document = get_document(world, call.account, call.region, parameters["Name"])
    if document.owner == AWS_OWNER:
        raise AwsError("InvalidDocumentOperation", "Only the owner of a document may see with whom it is shared.")
    nobody, _ = page([], parameters, default=20)
    return {"AccountIds": nobody, "AccountSharingInfoList": []}
