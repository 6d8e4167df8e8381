"""S3 by moto, behind a lock and a guard of our own: moto keeps buckets and objects, the sandbox decides who may.

moto lets any account read any bucket; AWS does not. So each request is first judged by bucket policy and role.
"""

from __future__ import annotations

import contextlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict
from moto.iam.access_control import PermissionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket, s3_backends

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import MANAGED_POLICIES, Principal, is_allowed, parse_document, resource_statements
from sandbox.requests import Request

if TYPE_CHECKING:
    from sandbox.engine.world import World

SUBRESOURCES = {
    "policy": "BucketPolicy", "versioning": "BucketVersioning", "encryption": "EncryptionConfiguration",
    "publicAccessBlock": "BucketPublicAccessBlock", "ownershipControls": "BucketOwnershipControls",
    "lifecycle": "LifecycleConfiguration", "logging": "BucketLogging", "location": "BucketLocation",
    "policyStatus": "BucketPolicyStatus", "acl": "BucketAcl",
}  # fmt: skip

Answer = tuple[int, dict[str, str], bytes]

# moto would judge bucket policies a second time, without knowing the conditions: it keeps out of that.
setattr(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)  # noqa: B010 - replaces a method


@dataclass
class Storage:
    """The S3 of one world. moto's state is of the process: a new Storage begins with none."""

    world: World
    application: Callable[..., Any] = field(
        default_factory=lambda: DomainDispatcherApplication(create_backend_app), repr=False
    )

    def __post_init__(self) -> None:
        with self.world.lock:
            BackendDict.reset()
            s3_backends.bucket_accounts.clear()

    def answer(self, request: Request, environ: dict[str, Any], principal: Principal) -> Answer:
        """Judge the request, then let moto answer it as the caller's account."""
        bucket, key = _split(request.path)
        action = _action_of(request, key)
        try:
            if bucket and bucket in s3_backends.bucket_accounts:
                self._judge(principal, action, bucket, key)
        except AwsError as error:
            return _render_error(error, request.method)
        environ = {
            **environ,
            "wsgi.input": io.BytesIO(request.body),
            "HTTP_X_MOTO_ACCOUNT_ID": principal.account_id,
        }
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc: object = None) -> None:
            told.update(status=int(status.split()[0]), headers=dict(headers))

        body = b"".join(self.application(environ, start))
        return told["status"], told["headers"], body

    def read_object(self, principal: Principal, bucket: str, key: str) -> bytes:
        """An object's content as the principal may read it; raises AwsError AccessDenied, NoSuchBucket or NoSuchKey."""
        self._judge(principal, "s3:GetObject", bucket, key)
        found = self._backend(bucket).get_object(bucket, key)
        if found is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        return bytes(found.value)

    def write_object(self, principal: Principal, bucket: str, key: str, body: bytes) -> None:
        """Put an object as the principal; raises AwsError AccessDenied or NoSuchBucket."""
        self._judge(principal, "s3:PutObject", bucket, key)
        self._backend(bucket).put_object(bucket, key, body)

    def create_bucket(self, account_id: str, name: str, region: str) -> None:
        """A bucket that is there from the beginning."""
        s3_backends[account_id]["aws"].create_bucket(name, region)

    def bucket_names(self, account_id: str) -> list[str]:
        """The buckets of an account."""
        return sorted(n for n, (_, owner) in s3_backends.bucket_accounts.items() if owner == account_id)

    def dump(self) -> bytes:
        """Everything, to be given to `restore`."""
        backends = {account: s3_backends[account]["aws"] for _, account in s3_backends.bucket_accounts.values()}
        return pickle.dumps((backends, dict(s3_backends.bucket_accounts)))

    def restore(self, stored: bytes) -> None:
        """Bring back what `dump` gave."""
        backends, accounts = pickle.loads(stored)  # noqa: S301 - part of a world's own file
        for account, backend in backends.items():
            s3_backends[account]["aws"] = backend
        s3_backends.bucket_accounts.update(accounts)

    def _backend(self, bucket: str) -> Any:
        partition, account = s3_backends.bucket_accounts[bucket]
        return s3_backends[account][partition]

    def _judge(self, principal: Principal, action: str, bucket: str, key: str) -> None:
        """Bucket policy and role together: an explicit deny wins; another account needs a yes from both."""
        if bucket not in s3_backends.bucket_accounts:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        owner = s3_backends.bucket_accounts[bucket][1]
        resource = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
        context = self.world_context(principal)
        by_bucket = is_allowed(self._bucket_statements(bucket, principal), action, resource, context)
        by_identity = self._identity_says(principal, action, resource, context)
        is_own = owner == principal.account_id
        allowed = (by_bucket or by_identity) if is_own else (by_bucket and by_identity)
        if by_bucket is False or by_identity is False or not allowed:
            raise AwsError(
                "AccessDenied",
                f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}",
                403,
            )

    def _bucket_statements(self, bucket: str, principal: Principal) -> list[Any]:
        policy = self._backend(bucket).get_bucket(bucket).policy
        if not policy:
            return []
        with contextlib.suppress(ValueError):
            document = parse_document(policy.decode() if isinstance(policy, bytes) else policy)
            return [{"Statement": resource_statements(document, principal)}]
        return []

    def _identity_says(
        self, principal: Principal, action: str, resource: str, context: dict[str, list[str]]
    ) -> bool | None:
        if not principal.role_name:
            return True
        account = self.world.account(principal.account_id)
        role = account.roles.get(principal.role_name)
        if role is None:
            return False
        attached = [MANAGED_POLICIES.get(arn) or account.policies.get(arn, {}) for arn in role.attached]
        return is_allowed([*attached, *role.inline.values()], action, resource, context)

    def world_context(self, principal: Principal) -> dict[str, list[str]]:
        """The condition keys of a request by this principal."""
        organization = self.world.organization
        context = {"aws:SecureTransport": ["true"], "aws:PrincipalAccount": [principal.account_id]}
        if principal.account_id in organization.accounts:
            context["aws:PrincipalOrgID"] = [organization.organization_id]
            context["aws:PrincipalOrgPaths"] = [organization.path_of(principal.account_id)]
        account = self.world.account(principal.account_id)
        role = account.roles.get(principal.role_name)
        tags = role.tags if role else account.user_tags
        context.update({f"aws:PrincipalTag/{key}": [value] for key, value in tags.items()})
        return context


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.lstrip("/").partition("/")
    return bucket, key


def _action_of(request: Request, key: str) -> str:
    """The IAM action of an S3 request, near enough for whom the sandbox must tell apart."""
    verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}.get(request.method, "Put")
    if key:
        version = "Version" if "versionId" in request.query else ""
        return f"s3:{verb}Object{version}{'Tagging' if 'tagging' in request.query else ''}"
    for name, noun in SUBRESOURCES.items():
        if name in request.query:
            return f"s3:{verb}{noun}"
    if "tagging" in request.query:
        return f"s3:{verb}BucketTagging"
    if request.method == "POST":
        return "s3:DeleteObject"
    return {"Get": "s3:ListBucket", "Put": "s3:CreateBucket", "Delete": "s3:DeleteBucket"}[verb]


def _render_error(error: AwsError, method: str) -> Answer:
    text = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
    return error.status, {"Content-Type": "application/xml"}, b"" if method == "HEAD" else text.encode()
