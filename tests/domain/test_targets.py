"""Targets that the portal accepts are targets that AWS takes."""

from __future__ import annotations

import pytest

from policies.domain.spec import AccountScope, NodeScope, Targets
from policies.domain.target_problems import check_targets


@pytest.mark.parametrize(
    ("key", "value", "is_right"), [("k" * 124, "v", True), ("k" * 125, "v", False), ("k" * 128, "", True)]
)
def test_a_tag_with_a_value_has_a_key_that_cloudformation_takes(key: str, value: str, is_right: bool) -> None:
    targets = Targets(AccountScope.ORGANIZATION, ("us-east-1",), NodeScope.TAG, tag_key=key, tag_value=value)

    assert [problem.field for problem in check_targets(targets)] == ([] if is_right else ["tag_key"])
