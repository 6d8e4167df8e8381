"""The connection to AWS: one session a process, clients built once, credentials from AWS's ordinary chain.

`Aws` speaks for one account. `in_account` gives the same for a member account through the read-only role. On the
sandbox every request goes to its loopback address, and a guard refuses any other.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.loaders import Loader
from django.conf import settings

from policies.aws.errors import asking
from policies.aws.pace import Pace, shared_pace

PERMISSIONS = {"sts:GetCallerIdentity", "sts:AssumeRole"}

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
RENEW_BEFORE = timedelta(minutes=5)
MOST_MEMBERS = 50
"""Member accounts whose connections a process keeps, those used last: each has clients and sockets by Region."""
CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 4},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=20,
    s3={"addressing_style": "auto"},
)
CONFIG_ONCE = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))

Prepare = Callable[[boto3.session.Session], None]


class RefusedAddress(Exception):
    """On the sandbox, a request was about to leave this machine."""


@dataclass
class Aws:
    """A connection that speaks for one account. Give it to functions as their argument `aws`.

    `prepare` is called with each new boto3 session; tests use it to answer requests in process. `pace` gives each
    request its turn, those that botocore sends again too.
    """

    session: boto3.session.Session
    region: str
    endpoint_url: str | None = None
    account_id: str = ""
    expires_at: datetime | None = None
    prepare: Prepare | None = field(default=None, repr=False)
    pace: Pace | None = field(default=None, repr=False)
    _clients: dict[tuple[str, str, bool], Any] = field(default_factory=dict, repr=False)
    _members: dict[tuple[str, str], Aws] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _lag: timedelta = field(default=timedelta(0), repr=False)

    def __post_init__(self) -> None:
        self.session.events.register("response-received", self._read_clock)
        if self.endpoint_url:
            self.session.events.register_first("before-send", _refuse_other_addresses)
        if self.pace:
            self.session.events.register_first("request-created", self._wait_for_turn)
        if self.prepare:
            self.prepare(self.session)
        if not self.account_id:
            with asking("sts:GetCallerIdentity"):
                self.account_id = self.client("sts").get_caller_identity()["Account"]

    def client(self, service: str, region: str = "", once: bool = False) -> Any:
        """The boto3 client of a service in a Region (the home Region when none is named), built once.

        With `once` botocore never sends a request a second time: for changes that have no idempotency token.
        """
        wanted = (service, region or self.region, once)
        with self._lock:
            if wanted not in self._clients:
                self._clients[wanted] = self.session.client(
                    service,
                    region_name=wanted[1],
                    endpoint_url=self.endpoint_url,
                    config=CONFIG_ONCE if once else CONFIG,
                )
            return self._clients[wanted]

    def in_account(self, account_id: str, role: str = settings.AWS_READ_ROLE_NAME) -> Aws:
        """The same connection speaking for a member account through a role there; itself for its own account.

        Raises PermanentProblem when the role cannot be assumed.
        """
        if account_id == self.account_id:
            return self
        with self._lock:
            member = self._members.pop((account_id, role), None)
            if member is None or member.is_ending(max(self.now(), member.now())):
                member = self._assume(account_id, role)
            self._members[account_id, role] = member
            if len(self._members) > MOST_MEMBERS:
                del self._members[next(iter(self._members))]
            return member

    def is_ending(self, now: datetime) -> bool:
        """Whether its credentials are about to expire by then. `now` is AWS's, from whichever connection heard last."""
        return self.expires_at is not None and now > self.expires_at - RENEW_BEFORE

    def now(self) -> datetime:
        """AWS's own time: ours, corrected by the Date header of the newest answer."""
        return datetime.now(UTC) + self._lag

    def _assume(self, account_id: str, role: str) -> Aws:
        arn = f"arn:aws:iam::{account_id}:role/{role}"
        with asking("sts:AssumeRole"):
            given = self.client("sts").assume_role(
                RoleArn=arn, RoleSessionName="PatchPortal", ExternalId=settings.AWS_EXTERNAL_ID
            )["Credentials"]
        session = new_session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        return Aws(
            session,
            self.region,
            self.endpoint_url,
            account_id,
            given["Expiration"],
            self.prepare,
            self.pace,
            _lag=self._lag,
        )

    def _wait_for_turn(self, request: AWSRequest, event_name: str, **_: Any) -> None:
        if self.pace:
            service, operation = event_name.split(".")[1:]
            self.pace.wait_for_turn(self.account_id, request.context["client_region"], f"{service}:{operation}")

    def _read_clock(self, response_dict: dict[str, Any] | None, **_: Any) -> None:
        told = (response_dict or {}).get("headers", {}).get("date")
        if told:
            self._lag = parsedate_to_datetime(told).astimezone(UTC) - datetime.now(UTC)


def connect(prepare: Prepare | None = None) -> Aws:
    """A connection as whoever AWS's credential chain says; raises an AwsProblem when nobody is signed in.

    The sandbox has no rates to keep to.
    """
    pace = None if settings.ON_SANDBOX else shared_pace(settings.REDIS_URL)
    session = new_session(region_name=settings.AWS_HOME_REGION)
    return Aws(session, settings.AWS_HOME_REGION, settings.AWS_ENDPOINT_URL or None, prepare=prepare, pace=pace)


@functools.cache
def connection() -> Aws:
    """This process's connection, made at first use; views and tasks hand it on as `aws`."""
    return connect()


@functools.cache
def _loader() -> Loader:
    return Loader()


def new_session(**given: str) -> boto3.session.Session:
    """A session that shares the parsed service models with all others of this process (11 MB each otherwise).

    `given`: as boto3's Session takes them.
    """
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    return boto3.session.Session(**given, botocore_session=session)


def _refuse_other_addresses(request: AWSPreparedRequest, **_: Any) -> None:
    host = urlsplit(request.url).hostname
    if host not in LOOPBACK:
        raise RefusedAddress(f"on the sandbox the portal talks to nothing else: {host}")
