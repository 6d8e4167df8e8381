"""A collection, and its raw cost: the same calls by boto3 alone, and COPY with the same rows. Django must be set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore import xform_name
from botocore.model import OperationModel
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from bench.scanned_world import POLICY_ID
from bench.served import HOST
from policies.aws.connect import Aws
from policies.models import (
    Account,
    AssociationState,
    Flip,
    Node,
    NodeCompliance,
    NodePolicy,
    OtherScanner,
    Run,
    Scan,
    Shard,
)
from policies.observe.collect import collect_organization, collect_shard
from sandbox.engine.trust import access_key
from tests.observe.reading import make_policy
from tests.worlds import MANAGEMENT

HOME = "us-east-1"
TABLES = [model._meta.db_table for model in (
    Account, Shard, Node, AssociationState, OtherScanner, Run, Scan, NodeCompliance, NodePolicy, Flip
)]  # fmt: skip
"""What a collection fills, each after those that it points to."""


@dataclass(frozen=True)
class Asked:
    """One call to AWS: by whose session, and what."""

    session: boto3.session.Session
    service: str
    region: str
    operation: str
    parameters: dict[str, Any]


class BothWays:
    """Both ways on one database and one sandbox, which listens at `port`.

    Made by a collection, which leaves its clients, and what it asked and wrote; both ways begin without a row.
    """

    def __init__(self, port: int) -> None:
        call_command("migrate", "--noinput", verbosity=0)
        make_policy(POLICY_ID)
        self._address = f"http://{HOST}:{port}"
        self._heard: list[Asked] = []
        session = boto3.session.Session(aws_access_key_id=access_key(MANAGEMENT), aws_secret_access_key="sandbox")
        self._aws = Aws(session, HOME, self._address, MANAGEMENT, prepare=self._listen)
        self.collect()
        self.calls = tuple(call for call in self._heard if call.service != "sts")
        self._clients = {place: self._client(*place) for place in {_place(call) for call in self.calls}}
        self._copies = {table: _copy_out(table) for table in TABLES}

    @property
    def told(self) -> str:
        """How much there is."""
        rows = sum(copied.count(b"\n") for copied in self._copies.values())
        nodes, shards = Node.objects.count(), Shard.objects.count()
        return f"{nodes:,} nodes in {shards} accounts and Regions: {len(self.calls):,} calls, {rows:,} rows"

    def collect(self) -> None:
        """Read everything, as workers do that are alone."""
        _forget()
        left = collect_organization(self._aws, timezone.now())
        while left:
            for shard_id in left:
                collect_shard(shard_id, self._aws, timezone.now())
            left = tuple(Shard.objects.filter(is_behind=True).values_list("pk", flat=True))

    def fetch_and_copy(self) -> None:
        """Ask the same, and copy the rows that came of it."""
        _forget()
        for call in self.calls:
            getattr(self._clients[_place(call)], xform_name(call.operation))(**call.parameters)
        with transaction.atomic():
            for table, rows in self._copies.items():
                _copy_in(table, rows)

    def _listen(self, session: boto3.session.Session) -> None:
        def hear(params: dict[str, Any], model: OperationModel, context: dict[str, Any], **_: Any) -> None:
            place = (model.service_model.service_name, context["client_region"])
            self._heard.append(Asked(session, *place, model.name, dict(params)))

        session.events.register("provide-client-params", hear)

    def _client(self, session: boto3.session.Session, service: str, region: str) -> Any:
        """As anyone would make it, with the same credentials."""
        keys = session.get_credentials().get_frozen_credentials()
        plain = boto3.session.Session(keys.access_key, keys.secret_key, keys.token)
        return plain.client(service, region_name=region, endpoint_url=self._address)


def _place(call: Asked) -> tuple[boto3.session.Session, str, str]:
    return call.session, call.service, call.region


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {Account._meta.db_table} cascade")


def _copy_out(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"copy {table} to stdout") as rows:
        return b"".join(rows)


def _copy_in(table: str, told: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as rows:
        rows.write(told)
