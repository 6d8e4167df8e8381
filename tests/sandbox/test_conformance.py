"""The committed table of what the sandbox answers is that of its registry, and its recorder sees what is read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.registry import OPERATIONS
from tests.conformance import TABLE, row, table
from tests.recording import recording
from tests.sandbox.conftest import Connect

REFRESH = "run `make conformance`"


def test_the_table_tells_every_operation_as_the_registry_has_it() -> None:
    told = TABLE.read_text()
    rows = [line.rsplit("|", 2)[0].rstrip() + " |" for line in told.splitlines() if line.startswith("| ")]
    missing = [row(key) for key in OPERATIONS if row(key) not in rows]
    assert missing == [], REFRESH
    assert told.count("\n| ") == table({}).count("\n| "), REFRESH


def test_a_recorder_notes_what_is_given_read_and_refused(client: Connect) -> None:
    ssm: Any = client("ssm")
    with recording() as record:
        ssm.list_associations(MaxResults=5)
        with pytest.raises(ClientError, match="InvalidNextToken"):
            ssm.list_associations(NextToken="made-up")
    seen = record["ssm", "ListAssociations"]
    assert seen.given == {"MaxResults", "NextToken"}
    assert seen.read == {"AssociationFilterList", "MaxResults", "NextToken"}
    assert seen.errors == {"InvalidNextToken"}
