"""The migrations say all that the models say, and keep what is stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils.module_loading import import_string

from policies.models import Account, Alert, Policy, Shard
from tests.observe.reading import make_policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_alerts_that_told_rows_tell_places_and_those_without_one_are_forgotten() -> None:
    policy: Policy = make_policy()
    account = Account.objects.create(account_id="555566667777", seen_at=NOW)
    shard = Shard.objects.create(account=account, region="eu-west-1")
    for kind, key, named in (
        ("sync-held", f"hold:7:{NOW.isoformat()}", policy.name),
        ("sync-held", f"hold:8:{NOW.isoformat()}", "gone"),
        ("shard-stale", f"shard:{shard.pk}", ""),
        ("shard-stale", f"shard:{shard.pk + 1}", ""),
        ("deployment-failed", "deployment:1", policy.name),
    ):
        Alert.objects.create(kind=kind, key=key, values={"policy": named}, began_at=NOW)

    import_string("policies.migrations.0028_alerts_tell_places.tell_places")(apps, connection.schema_editor())

    assert set(Alert.objects.values_list("key", flat=True)) == {
        f"hold:{policy.configuration_id}:{NOW.isoformat()}", "shard:555566667777:eu-west-1", "deployment:1",
    }  # fmt: skip
