"""What to try when a step failed."""

from __future__ import annotations

import pytest

from policies.domain.remedies import FAULT, GRANT, RETRY, TRUST_SETS, remedy_for


@pytest.mark.parametrize(
    ("action", "code", "message", "words"),
    [
        ("s3:PutObject", "AccessDenied", "User is not authorized to perform: s3:PutObject", GRANT),
        (
            "cloudformation:CreateStackInstances",
            "ValidationError",
            "You must enable organizations access to operate a service managed stack set",
            TRUST_SETS,
        ),
        ("cloudformation:CreateStackSet", "ValidationError", "Something nobody has seen", RETRY),
        ("", "ZeroDivisionError", "division by zero", FAULT),
    ],
)
def test_the_remedy_follows_from_what_aws_said(action: str, code: str, message: str, words: str) -> None:
    assert remedy_for(action, code, message).words == words


def test_a_service_control_policy_is_named_as_the_cause_rather_than_missing_rights() -> None:
    message = "is not authorized to perform: ssm:CreateAssociation with an explicit deny in a service control policy"

    assert "service control policy" in str(remedy_for("ssm:CreateAssociation", "AccessDenied", message))


def test_missing_rights_name_the_action_to_allow() -> None:
    assert "s3:PutObject" in str(remedy_for("s3:PutObject", "AccessDenied", "no"))
