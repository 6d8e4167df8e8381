"""Reasons that tell of one failure are one, whatever place they name."""

from __future__ import annotations

import pytest

from policies.domain.signatures import signature_of, strip_places


@pytest.mark.parametrize(
    ("reason", "stripped"),
    [
        (
            "Account 555566667777 should have 'ExecutionRole' role with trust relationship to Role 'Administration'.",
            "Account … should have 'ExecutionRole' role with trust relationship to Role 'Administration'.",
        ),
        (
            "User: arn:aws:sts::555566667777:assumed-role/x/y is not authorized to perform: ssm:CreateAssociation "
            "(RequestToken: 0b5f2f6e-4a57-5d0c-9f53-0d6d3f2f6b1e)",
            "User: … is not authorized to perform: ssm:CreateAssociation (RequestToken: …)",
        ),
        ("Account 1 has not opted in to Region ap-southeast-3", "Account 1 has not opted in to Region …"),
        ("us-gov-west-1 and eu-west-1", "… and …"),
        ("Access Denied (Request ID: 4442587FB7D0A2F9)", "Access Denied (Request ID: …)"),
        ("i-0123456789abcdef0 has no profile", "… has no profile"),
        ("Role AWS-QuickSetup-AutomationRole-us-east-1-abcde already exists",
         "Role AWS-QuickSetup-AutomationRole-…-abcde already exists"),
        ("Rate exceeded", "Rate exceeded"),
    ],
)  # fmt: skip
def test_what_names_a_place_or_a_request_is_taken_out(reason: str, stripped: str) -> None:
    assert strip_places(reason) == stripped


def test_equal_failures_have_one_signature_and_others_another() -> None:
    here = signature_of("Limit of 111122223333 in us-east-1 exceeded")
    there = signature_of("Limit of 555566667777 in eu-west-1 exceeded")

    assert here == there
    assert len(here) == 16
    assert here != signature_of("Limit exceeded")
    assert signature_of("") == ""
