"""Every doubt has its words, in one and in many, and says what to do."""

from __future__ import annotations

import pytest

from policies.domain.doubts import ACCESS_CODES, REMEDIES, TOLD, Doubt, DoubtKind


@pytest.mark.parametrize("kind", DoubtKind)
def test_each_kind_says_what_is_so_and_what_to_do(kind: DoubtKind) -> None:
    one, many = Doubt(kind, 1, "X"), Doubt(kind, 2, "X")

    assert str(one.told) != str(many.told)
    assert "%" not in str(many.told)
    assert str(one.remedy).endswith(".")


def test_no_kind_was_forgotten() -> None:
    assert set(TOLD) == set(REMEDIES) == set(DoubtKind)


def test_failing_to_read_the_override_file_is_a_matter_of_access() -> None:
    assert 160 in ACCESS_CODES
    assert 1 not in ACCESS_CODES
