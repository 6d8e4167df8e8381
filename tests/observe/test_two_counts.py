"""Two workers that count at once: only a database with several writers at a time can show it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from policies.models import Account, Node, Part, Shard, Tally
from policies.observe import tallies
from tests.observe.reading import NOW

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="left out: needs PostgreSQL"),
]
COUNTS = 2


def test_two_first_counts_at_once_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.create(account_id="555566667777", is_active=True, seen_at=NOW)
    shard = Shard.objects.create(account=account, region="eu-west-1", observed_at=NOW)
    Node.objects.create(shard=shard, instance_id="i-1", seen_at=NOW)
    meet, count_keys = Barrier(COUNTS, timeout=30), tallies._count_keys

    def wait_for_the_other(parts: dict[Part, dict[str, tallies.Numbers]]) -> dict[str, dict[str, int]]:
        meet.wait()
        return count_keys(parts)

    def count(_number: int) -> bool:
        try:
            return tallies.tally_fleet()
        finally:
            connections.close_all()

    monkeypatch.setattr(tallies, "_count_keys", wait_for_the_other)
    with ThreadPoolExecutor(COUNTS) as pool:
        assert list(pool.map(count, range(COUNTS))) == [True] * COUNTS

    assert Tally.objects.filter(part=Part.ALL).count() == 1
