"""What roles and users have in common as holders of policies: documents, attached and inline."""

from __future__ import annotations

import json
from typing import Any

from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import parse_document
from sandbox.engine.trust import AccountTrust
from sandbox.operations.iam import list_page
from sandbox.registry import Parameters

MOST_ATTACHED = 10
Documents = dict[str, dict[str, Any]]


def read_document(text: str) -> dict[str, Any]:
    """A policy document; raises AwsError MalformedPolicyDocument."""
    try:
        return parse_document(text)
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", str(error)) from error


def path_of(arn: str) -> str:
    """The path in the ARN of a policy: / or /some/where/."""
    return "/" + "".join(part + "/" for part in arn.split(":", 5)[5].split("/")[1:-1])


def attach(account: AccountTrust, attached: list[str], arn: str, quota: str) -> bool:
    """Attach a managed policy to what has these, ten at most; whether it was not attached before. Raises AwsError."""
    if account.document_of(arn) is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    if arn in attached:
        return False
    if len(attached) >= MOST_ATTACHED:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {MOST_ATTACHED}", 409)
    attached.append(arn)
    return True


def detach(attached: list[str], arn: str) -> None:
    """Take a managed policy off; raises AwsError NoSuchEntity."""
    if arn not in attached:
        raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)
    attached.remove(arn)


def list_attached(attached: list[str], parameters: Parameters) -> Parameters:
    """A page of what is attached, under a path."""
    under = [arn for arn in attached if path_of(arn).startswith(parameters.get("PathPrefix") or "/")]
    told = [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in under]
    return list_page("AttachedPolicies", told, parameters)


def with_inline(inline: Documents, parameters: Parameters, most: int, whose: str) -> Documents:
    """The inline policies with one more or another text; all together have a size. Raises AwsError."""
    written = {**inline, parameters["PolicyName"]: read_document(parameters["PolicyDocument"])}
    if sum(len(json.dumps(d, separators=(",", ":"))) for d in written.values()) > most:
        raise AwsError("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {whose}", 409)
    return written
