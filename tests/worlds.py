"""The portal's connection to a sandbox in process: for tests that need AWS to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
from botocore.awsrequest import AWSResponse
from django.db import transaction
from pytest_django import DjangoDbBlocker
from waitress.wasyncore import close_all

from policies.aws.connect import Aws, new_session
from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.transport import in_process, serve
from sandbox.wire import Sandbox
from sandbox.worlds import open_world, stock

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANAGEMENT = "111122223333"
MEMBER = "555566667777"
NOWHERE = "http://127.0.0.1:1"


def open_sandbox(name: str = "small") -> Sandbox:
    """A world at BEGIN, its clock standing still, its answers checked against botocore's models."""
    served = Sandbox(open_world(name, BEGIN, 0), strict_answers=True)
    stock(served.world)
    return served


@contextmanager
def on_loopback(served: Sandbox) -> Iterator[str]:
    """The address of a sandbox while it is served on this machine."""
    server = serve(served, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # In its own thread, and with all that is open: it would wait for clients that keep their connections.
        server.trigger.pull_trigger(lambda: close_all(server._map))
        thread.join(5)


def session_with(key: str) -> boto3.session.Session:
    """A session that signs with a key; the service models that it reads are there for every test."""
    return new_session(aws_access_key_id=key, aws_secret_access_key="secret")


def sign_in(
    served: Sandbox, account_id: str = MANAGEMENT, key: str = "", line: Callable[..., AWSResponse] | None = None
) -> Aws:
    """A connection that speaks for an account's administrator, or with a key or over a line of the test's own."""
    answer = line or in_process(served)
    return Aws(
        session_with(key or access_key(account_id)),
        "us-east-1",
        NOWHERE,
        account_id,
        prepare=lambda s: s.events.register_first("before-send", answer),
    )


def rows_of_a_module(blocker: DjangoDbBlocker, make: Callable[[], object]) -> Iterator[None]:
    """For a fixture of a module: each test finds the rows as `make` left them, as its own transaction is within theirs.

    No test of the module may need transactions of its own (`transaction=True`).
    """
    with blocker.unblock(), transaction.atomic():
        make()
        yield
        transaction.set_rollback(True)


def leave_organization(world: World, account_id: str) -> None:
    """Make an account a lone one."""
    del world.organization.accounts[account_id]
