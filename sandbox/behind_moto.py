"""S3 by moto, behind a guard of our own: moto keeps buckets and objects, the sandbox decides who may.

moto lets any account read any bucket; AWS does not. So each request is first judged by bucket policy and role.
"""

from __future__ import annotations

import copyreg
import functools
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import moto.s3.models
from moto.core.base_backend import BackendDict
from moto.iam.access_control import PermissionResult
from moto.moto_server.werkzeug_app import create_backend_app
from moto.s3.models import FakeBucket, s3_backends
from moto.s3.utils import _VersionedKeyStore

from sandbox.bucket_policies import check_bucket_policy
from sandbox.engine.errors import AwsError
from sandbox.engine.trust import Principal
from sandbox.pickles import read_pickle
from sandbox.requests import Request
from sandbox.s3_parameters import copied_from
from sandbox.s3_requests import Wanted
from sandbox.storage_guard import admit, admit_by_role, denied

if TYPE_CHECKING:
    from sandbox.engine.world import World

Answer = tuple[int, dict[str, str], bytes]
Versions = dict[str, list[Any]]
OWNER_HEADER = "x-amz-expected-bucket-owner"

# moto would judge bucket policies a second time, without knowing the conditions: it keeps out of that.
setattr(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)  # noqa: B010 - replaces a method
# moto stumbles over a statement for everyone ("Principal": "*"); S3 takes the setting and delivers if it then may.
setattr(FakeBucket, "_log_permissions_enabled_policy", lambda *_, **__: True)  # noqa: B010 - replaces a method


def _versions_again(versions: Versions) -> _VersionedKeyStore:
    store = _VersionedKeyStore()
    for key, kept in versions.items():
        store.setlist(key, kept)
    return store


def _pickle_versions(store: _VersionedKeyStore) -> tuple[Callable[[Versions], _VersionedKeyStore], tuple[Versions]]:
    """moto's store of keys is a dict that shows each key's newest version: pickled as one it would lose the others."""
    return _versions_again, ({key: store.getlist(key) for key in store},)


copyreg.pickle(_VersionedKeyStore, _pickle_versions)


@functools.cache
def _moto() -> Callable[..., Any]:
    """moto's S3 as a WSGI callable. It keeps nothing of its own: see Storage."""
    application: Callable[..., Any] = create_backend_app("s3")
    return application


@dataclass
class Storage:
    """The S3 of one world. moto's state and clock are of the process: a new Storage begins with none and its own."""

    world: World

    def __post_init__(self) -> None:
        with self.world.lock:
            BackendDict.reset()
            s3_backends.bucket_accounts.clear()
            setattr(moto.s3.models, "utcnow", lambda: self.world.now().replace(tzinfo=None))  # noqa: B010 - moto's clock

    def answer(self, request: Request, environ: dict[str, Any], principal: Principal, wanted: Wanted) -> Answer:
        """Judge the request, then let moto answer it as the caller's account. Raises AwsError when it is refused."""
        self._check_owner(request, wanted, principal)
        for action in (wanted.action, *wanted.further):
            self._admit(replace(wanted, action=action), principal)
        if source := copied_from(request):
            self._judge(principal, Wanted("s3:GetObject", *source))
        if wanted.action == "s3:PutBucketPolicy":
            self._check_policy(wanted.bucket, request.body.decode(errors="replace"))
        environ = {
            **environ,
            "wsgi.input": io.BytesIO(request.body),
            "HTTP_X_MOTO_ACCOUNT_ID": principal.account_id,
        }
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc: object = None) -> None:
            told.update(status=int(status.split()[0]), headers=dict(headers))

        body = b"".join(_moto()(environ, start))
        return told["status"], told["headers"], body

    def read_object(self, principal: Principal, bucket: str, key: str) -> bytes:
        """An object's content as the principal may read it; raises AwsError AccessDenied, NoSuchBucket or NoSuchKey."""
        self._judge(principal, Wanted("s3:GetObject", bucket, key))
        found = self._backend(bucket).get_object(bucket, key)
        if found is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        return bytes(found.value)

    def write_object(self, principal: Principal, bucket: str, key: str, body: bytes) -> None:
        """Put an object as the principal; raises AwsError AccessDenied or NoSuchBucket."""
        self._judge(principal, Wanted("s3:PutObject", bucket, key))
        self._backend(bucket).put_object(bucket, key, body)

    def create_bucket(self, account_id: str, name: str, region: str, policy: str = "") -> None:
        """A bucket that is there from the beginning, with a bucket policy when one is given."""
        s3_backends[account_id]["aws"].create_bucket(name, region)
        if policy:
            s3_backends[account_id]["aws"].put_bucket_policy(name, policy.encode())

    def add_object(self, bucket: str, key: str, body: bytes) -> None:
        """An object that is there from the beginning."""
        self._backend(bucket).put_object(bucket, key, body)

    def bucket_names(self, account_id: str) -> list[str]:
        """The buckets of an account."""
        return sorted(n for n, (_, owner) in s3_backends.bucket_accounts.items() if owner == account_id)

    def region_of(self, bucket: str) -> str:
        """The Region that a bucket lies in; "" when there is no such bucket."""
        return str(self._bucket(bucket).region_name) if self._owner_of(bucket) else ""

    def dump(self) -> bytes:
        """Everything, to be given to `restore`."""
        backends = {account: s3_backends[account]["aws"] for _, account in s3_backends.bucket_accounts.values()}
        return pickle.dumps((backends, dict(s3_backends.bucket_accounts)))

    def restore(self, stored: bytes) -> None:
        """Bring back what `dump` gave."""
        backends, accounts = read_pickle(stored)
        for account, backend in backends.items():
            s3_backends[account]["aws"] = backend
        s3_backends.bucket_accounts.update(accounts)

    def _check_owner(self, request: Request, wanted: Wanted, principal: Principal) -> None:
        expected = request.headers.get(OWNER_HEADER)
        if expected and self._owner_of(wanted.bucket) not in ("", expected):
            told = f"because the bucket is not {expected}'s"
            raise denied(principal, wanted, told)

    def _judge(self, principal: Principal, wanted: Wanted) -> None:
        owner = self._owner_of(wanted.bucket)
        if not owner:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        admit(self.world, principal, wanted, owner, self._bucket(wanted.bucket).policy)

    def _admit(self, wanted: Wanted, principal: Principal) -> None:
        """A bucket that is to be made, or is not there, has no policy: moto tells what is wrong with its name."""
        if wanted.action == "s3:CreateBucket" or not self._owner_of(wanted.bucket):
            admit_by_role(self.world, principal, wanted)
        else:
            self._judge(principal, wanted)

    def _check_policy(self, bucket: str, text: str) -> None:
        if not self._owner_of(bucket):
            return
        block = self._bucket(bucket).public_access_block
        check_bucket_policy(self.world, bucket, text, blocks_public=bool(block and block.block_public_policy))

    def _owner_of(self, bucket: str) -> str:
        return str(s3_backends.bucket_accounts.get(bucket, ("", ""))[1])

    def _bucket(self, bucket: str) -> Any:
        return self._backend(bucket).get_bucket(bucket)

    def _backend(self, bucket: str) -> Any:
        partition, account = s3_backends.bucket_accounts[bucket]
        return s3_backends[account][partition]
