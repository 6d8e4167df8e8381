"""Whether a bucket policy already allows what the portal would ask for."""

from __future__ import annotations

from typing import Any

import pytest

from policies.domain.grants import grants
from policies.domain.iam import log_bucket_policy
from policies.domain.resources import Place
from policies.domain.spec import AccountScope, LogStorage, NodeScope, Targets

PLACE = Place("111122223333", "us-east-1", "o-demoorg001", "r-demo")
LOGS = LogStorage("example-logs", "us-east-1", "patching")
EVERYONE = Targets(AccountScope.ORGANIZATION, ("us-east-1",), NodeScope.ALL)
UNITS = Targets(AccountScope.UNITS, ("us-east-1",), NodeScope.ALL, unit_ids=("ou-demo-infra001",))
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::example-logs*"]}
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::example-logs/*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_the_policy_that_the_portal_hands_out_grants_itself() -> None:
    wanted = log_bucket_policy(PLACE, LOGS, EVERYONE)

    assert grants(wanted, wanted)


def test_a_policy_open_to_everyone_grants_it_too() -> None:
    assert grants(_policy(OPEN, TLS), log_bucket_policy(PLACE, LOGS, EVERYONE))


def test_a_single_statement_need_not_be_a_list() -> None:
    assert grants({"Statement": OPEN}, log_bucket_policy(PLACE, LOGS, UNITS))


@pytest.mark.parametrize(
    "policy",
    [
        {},
        _policy(),
        _policy(TLS),
        _policy({**OPEN, "Action": ["s3:GetObject"]}),
        _policy({**OPEN, "Resource": "arn:aws:s3:::example-logs/other/*"}),
        _policy({**OPEN, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
        _policy({**OPEN, "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}),
        _policy(OPEN, {**OPEN, "Effect": "Deny", "Action": "s3:PutObject"}),
        _policy(OPEN, {**OPEN, "Effect": "Deny", "Resource": "arn:aws:s3:::example-logs/patching/2026/*"}),
        _policy(OPEN, {"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*"}),
        {"Statement": [{"Effect": "Allow"}]},
    ],
)
def test_less_is_not_recognised_as_a_grant(policy: dict[str, Any]) -> None:
    assert not grants(policy, log_bucket_policy(PLACE, LOGS, EVERYONE))


def test_a_grant_to_one_unit_is_not_one_to_the_organization() -> None:
    assert not grants(log_bucket_policy(PLACE, LOGS, UNITS), log_bucket_policy(PLACE, LOGS, EVERYONE))
