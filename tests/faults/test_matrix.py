"""A sample of the fault matrix; the whole of it is `make faults`."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.faults.matrix import Choice, try_cases

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="cases are copies of a database in memory"),
]


@pytest.mark.parametrize("choice", [Choice(61), Choice(47, is_repeating=True)])
def test_whatever_goes_wrong_it_ends_as_if_nothing_had(choice: Choice) -> None:
    verdicts = try_cases(choice, limit=1)

    assert {verdict.case.stage for verdict in verdicts} == {"create", "edit", "delete"}
    assert [verdict for verdict in verdicts if verdict.differences] == []
