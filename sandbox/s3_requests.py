"""What an S3 request asks for: its bucket, key and IAM action. What is not in the table is not simulated."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.engine.errors import AwsError
from sandbox.requests import Request
from sandbox.s3_parameters import check_parameters

BUCKET_ACTIONS = {
    "": {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"},
    "list-type": {"GET": "ListBucket"},
    "versions": {"GET": "ListBucketVersions"},
    "uploads": {"GET": "ListBucketMultipartUploads"},
    "location": {"GET": "GetBucketLocation"},
    "delete": {"POST": "DeleteObject"},
    "acl": {"GET": "GetBucketAcl", "PUT": "PutBucketAcl"},
    "encryption": {
        "GET": "GetEncryptionConfiguration", "PUT": "PutEncryptionConfiguration", "DELETE": "PutEncryptionConfiguration"
    },
    "lifecycle": {
        "GET": "GetLifecycleConfiguration", "PUT": "PutLifecycleConfiguration", "DELETE": "PutLifecycleConfiguration"
    },
    "logging": {"GET": "GetBucketLogging", "PUT": "PutBucketLogging"},
    "ownershipControls": {
        "GET": "GetBucketOwnershipControls", "PUT": "PutBucketOwnershipControls", "DELETE": "PutBucketOwnershipControls"
    },
    "policy": {"GET": "GetBucketPolicy", "PUT": "PutBucketPolicy", "DELETE": "DeleteBucketPolicy"},
    "policyStatus": {"GET": "GetBucketPolicyStatus"},
    "publicAccessBlock": {
        "GET": "GetBucketPublicAccessBlock", "PUT": "PutBucketPublicAccessBlock", "DELETE": "PutBucketPublicAccessBlock"
    },
    "tagging": {"GET": "GetBucketTagging", "PUT": "PutBucketTagging", "DELETE": "PutBucketTagging"},
    "versioning": {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"},
}  # fmt: skip
OBJECT_ACTIONS = {
    "": {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"},
    "acl": {"GET": "GetObjectAcl", "PUT": "PutObjectAcl"},
    "attributes": {"GET": "GetObjectAttributes"},
    "tagging": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging", "DELETE": "DeleteObjectTagging"},
    "uploads": {"POST": "PutObject"},
    "uploadId": {
        "GET": "ListMultipartUploadParts", "PUT": "PutObject", "POST": "PutObject", "DELETE": "AbortMultipartUpload"
    },
}  # fmt: skip
VERSIONED = {"GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging",
             "DeleteObjectTagging", "GetObjectAttributes"}  # fmt: skip
BY_HEADER = {
    ("s3:CreateBucket", "x-amz-acl"): "s3:PutBucketAcl",
    ("s3:CreateBucket", "x-amz-object-ownership"): "s3:PutBucketOwnershipControls",
    ("s3:PutObject", "x-amz-acl"): "s3:PutObjectAcl",
    ("s3:PutObject", "x-amz-tagging"): "s3:PutObjectTagging",
}
"""What a request's headers need beside its action."""
OTHER_SUBRESOURCES = {
    "abac", "accelerate", "analytics", "annotation", "cors", "intelligent-tiering", "inventory", "legal-hold",
    "metadataAnnotationTable", "metadataConfiguration", "metadataInventoryTable", "metadataJournalTable",
    "metadataTable", "metrics", "notification", "object-lock", "renameObject", "replication", "requestPayment",
    "restore", "retention", "select", "session", "torrent", "website",
}  # fmt: skip


BULK_DELETIONS = {"s3:DeleteObject", "s3:DeleteObjectVersion"}


@dataclass(frozen=True)
class Wanted:
    """One S3 request: `action` is its IAM action; bucket and key are "" where it names none.

    `further` are the actions that it needs as well.
    """

    action: str
    bucket: str
    key: str
    further: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The ARN that policies are asked about; a multi-object delete means any key."""
        key = self.key or ("*" if self.action in BULK_DELETIONS else "")
        return f"arn:aws:s3:::{self.bucket}" + (f"/{key}" if key else "")


def read_s3_request(request: Request) -> Wanted:
    """What the request asks for. Raises AwsError NotImplemented for what the sandbox does not simulate."""
    bucket, _, key = request.path.lstrip("/").partition("/")
    if not bucket:
        if request.method != "GET":
            raise _unknown(request)
        check_parameters(request, set())
        return Wanted("s3:ListAllMyBuckets", "", "")
    table = OBJECT_ACTIONS if key else BUCKET_ACTIONS
    subresource = next((name for name in request.query if name in table and name), "")
    action = table[subresource].get(request.method)
    if action is None or OTHER_SUBRESOURCES & set(request.query):
        raise _unknown(request)
    check_parameters(request, set(table))
    if "versionId" in request.query and action in VERSIONED:
        action = action.replace("Object", "ObjectVersion")
    if subresource == "delete" and b"<VersionId>" in request.body:
        action = "DeleteObjectVersion"
    further = (
        need for (asked, header), need in BY_HEADER.items() if asked == f"s3:{action}" and header in request.headers
    )
    return Wanted(f"s3:{action}", bucket, key, tuple(further))


def _unknown(request: Request) -> AwsError:
    asked = "&".join(request.query) or request.path
    return AwsError("NotImplemented", f"The sandbox does not simulate S3's {request.method} {asked}", 501)
