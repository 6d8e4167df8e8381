"""What S3 accepts as the policy of a bucket, beyond what makes a policy document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.engine.conditions import as_list, like
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import Document, parse_document, principals_of, statements

if TYPE_CHECKING:
    from sandbox.engine.world import World

BUCKET_ACTION = re.compile(
    r"s3:(CreateBucket|DeleteBucket|ListBucket|GetBucket|PutBucket|(Get|Put)(Encryption|Lifecycle|Replication|"
    r"Inventory|Metrics|Analytics|Accelerate)Configuration)"
)
NARROWING_KEYS = {
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceip", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
}  # fmt: skip


def check_bucket_policy(world: World, bucket: str, text: str, *, blocks_public: bool) -> dict[str, Any]:
    """The policy as data. Raises AwsError MalformedPolicy, or AccessDenied for a public one that is blocked."""
    try:
        document = parse_document(text, principals=True)
    except ValueError as error:
        raise AwsError("MalformedPolicy", str(error)) from error
    for statement in statements(document):
        _check_resources(statement, bucket)
    for name in principals_of(document):
        if not is_known_principal(world, name):
            raise AwsError("MalformedPolicy", "Invalid principal in policy")
    if blocks_public and is_public(document):
        raise AwsError(
            "AccessDenied",
            "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access",
            403,
        )
    return document


def _check_resources(statement: Document, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    resources = [str(r) for r in as_list(statement.get("Resource", statement.get("NotResource")))]
    if not all(r == arn or r.startswith((f"{arn}/", f"{arn}*")) for r in resources):
        raise AwsError("MalformedPolicy", "Policy has invalid resource")
    reaches_objects = any("/" in r or r.endswith("*") for r in resources)
    reaches_bucket = any(like(arn, r) for r in resources)
    for action in as_list(statement.get("Action", [])):
        if "*" in action:
            continue
        if not (reaches_bucket if BUCKET_ACTION.match(action) else reaches_objects):
            raise AwsError("MalformedPolicy", "Action does not apply to any resource(s) in statement")


def is_known_principal(world: World, name: str) -> bool:
    """Whether AWS would find who is named: everyone, an account, or a role or user that exists."""
    if name == "*":
        return True
    found = re.fullmatch(r"(?:arn:aws:(?:iam|sts)::)?(\d{12})(?::(.+))?", name)
    if not found or found[1] not in world.trust:
        return False
    kind, _, rest = (found[2] or "root").partition("/")
    if kind == "role":
        return rest.rsplit("/", 1)[-1] in world.trust[found[1]].roles
    return kind in ("root", "assumed-role") or (kind, rest) == ("user", "administrator")


def is_public(document: Document) -> bool:
    """Whether a statement lets everyone in with no condition on who they are."""
    return any(
        s["Effect"] == "Allow" and "*" in principals_of({"Statement": [s]}) and not _keys(s) & NARROWING_KEYS
        for s in statements(document)
    )


def _keys(statement: Document) -> set[str]:
    return {key.lower() for pairs in statement.get("Condition", {}).values() for key in pairs}
