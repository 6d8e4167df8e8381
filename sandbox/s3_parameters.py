"""Which query parameters and headers of S3 are honoured; any other of S3's own is refused, never passed over."""

from __future__ import annotations

import urllib.parse

from sandbox.engine.errors import AwsError
from sandbox.requests import Request

COPY_SOURCE = "x-amz-copy-source"
QUERY = frozenset({
    "bucket-region", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "key-marker", "marker",
    "max-buckets", "max-keys", "max-parts", "part-number-marker", "partNumber", "prefix", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type",
    "response-expires", "start-after", "version-id-marker", "versionId",
})  # fmt: skip
HEADERS = frozenset({
    "x-amz-acl", COPY_SOURCE, "x-amz-copy-source-if-none-match", "x-amz-copy-source-range",
    "x-amz-expected-bucket-owner", "x-amz-metadata-directive", "x-amz-object-attributes", "x-amz-object-ownership",
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled", "x-amz-storage-class", "x-amz-tagging",
    "x-amz-tagging-directive",
})  # fmt: skip
HEADER_FAMILIES = ("x-amz-meta-", "x-amz-checksum-")
CARRIED = frozenset({
    "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token", "x-amz-trailer", "x-amz-user-agent",
})  # fmt: skip
"""Of the signature and the body's encoding, not of the operation."""
SIGNED_QUERY = frozenset({"AWSAccessKeyId", "Expires", "Signature", "x-amz-security-token", "x-id"})
PLAIN_ACLS = ("private", "bucket-owner-full-control")


def check_parameters(request: Request, subresources: set[str]) -> None:
    """Raises AwsError NotImplemented for a query parameter or a header that the sandbox would pass over."""
    asked = {name for name in request.query if not name.startswith("X-Amz-")}
    ignored = asked - subresources - QUERY - SIGNED_QUERY
    ignored |= {name for name in request.headers if name.startswith("x-amz-") and not _is_known(name)}
    if request.headers.get("x-amz-acl", "private") not in PLAIN_ACLS:
        ignored.add("x-amz-acl")  # who may is judged by policies alone
    if ignored:
        raise AwsError("NotImplemented", f"The sandbox does not honour {', '.join(sorted(ignored))} of S3", 501)


def _is_known(header: str) -> bool:
    return header in HEADERS or header in CARRIED or header.startswith(HEADER_FAMILIES)


def copied_from(request: Request) -> tuple[str, str] | None:
    """Bucket and key of the object that a request copies, None when it copies none."""
    source = request.headers.get(COPY_SOURCE)
    if not source:
        return None
    bucket, _, key = urllib.parse.unquote(source.partition("?")[0]).lstrip("/").partition("/")
    return bucket, key
