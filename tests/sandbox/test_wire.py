"""How requests are read and answered, whatever they ask."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.engine.errors import AwsError
from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.registry import HONOURED, OPERATIONS, model_of
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS
from tests.sandbox.conftest import BEGIN, MANAGEMENT, MEMBER, Connect

ROLE = f"arn:aws:iam::{MEMBER}:role/PatchPortal-ReadOnly"


def code_of(ask: Callable[..., Any], **asked: Any) -> str:
    with pytest.raises(ClientError) as error:
        ask(**asked)
    return str(error.value.response["Error"]["Code"])


def send(sandbox: Sandbox, service: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """A raw POST, as no well-behaved client would send it."""
    told: list[int] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "wsgi.input": io.BytesIO(body),
        "HTTP_AUTHORIZATION": f"Credential={access_key(MANAGEMENT)}/20261123/us-east-1/{service}/aws4_request",
        **(headers or {}),
    }  # fmt: skip
    answer = sandbox(environ, lambda status, _headers: told.append(int(status.split()[0])))
    return told[0], b"".join(answer)


@pytest.mark.parametrize(
    ("service", "ask", "code"),
    [
        ("ssm", "list_associations", "UnrecognizedClientException"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("ec2", "describe_instances", "AuthFailure"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("resource-groups", "list_groups", "UnrecognizedClientException"),
    ],
)
def test_a_key_of_no_account_is_refused_in_each_service_s_words(
    client: Connect, service: str, ask: str, code: str
) -> None:
    assert code_of(getattr(client(service, "461757342029"), ask)) == code


def test_a_session_that_ended_is_refused(client: Connect, world: World) -> None:
    given = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test", ExternalId="patchportal-demo")
    key = given["Credentials"]["AccessKeyId"]
    assert client("sts", key=key).get_caller_identity()["Account"] == MEMBER
    world.clock.advance(timedelta(hours=1))
    assert code_of(client("ssm", key=key).list_associations) == "ExpiredTokenException"
    assert code_of(client("cloudformation", key=key).describe_stacks) == "ExpiredToken"


def test_a_region_that_is_not_enabled_does_not_know_the_key(client: Connect) -> None:
    assert code_of(client("ssm", region="sa-east-1").list_associations) == "UnrecognizedClientException"


def test_an_unsigned_request_is_refused(sandbox: Sandbox) -> None:
    status, body = send(sandbox, "sts", b"Action=GetCallerIdentity", {"HTTP_AUTHORIZATION": ""})
    assert status == 403
    assert b"MissingAuthenticationToken" in body


@pytest.mark.parametrize(
    ("service", "ask", "asked", "code"),
    [
        ("ssm", "describe_instance_information", {"MaxResults": 51}, "ValidationException"),
        ("iam", "get_role", {"RoleName": "a" * 65}, "ValidationError"),
        ("organizations", "list_accounts", {"MaxResults": 21}, "ValidationException"),
        ("resource-groups", "list_groups", {"MaxResults": 51}, "BadRequestException"),
        ("cloudformation", "list_stack_instances", {"StackSetName": "x", "MaxResults": 101}, "ValidationError"),
    ],
)
def test_a_request_beyond_its_model_is_refused_in_the_service_s_code(
    client: Connect, service: str, ask: str, asked: dict[str, Any], code: str
) -> None:
    assert code_of(getattr(client(service), ask), **asked) == code


def test_a_refusal_says_which_value_broke_which_rule(client: Connect) -> None:
    with pytest.raises(ClientError, match=r"Value '51' at 'maxResults' .* less than or equal to 50"):
        client("ssm").describe_instance_information(MaxResults=51)


def test_every_answer_tells_the_sandbox_s_time_and_its_own_id(client: Connect, world: World) -> None:
    world.clock.advance(timedelta(days=3))
    first, second = (client("sts").get_caller_identity()["ResponseMetadata"] for _ in range(2))
    assert first["HTTPHeaders"]["date"] == "Thu, 26 Nov 2026 12:00:00 GMT"
    assert first["RequestId"] != second["RequestId"]


def test_json_answers_are_written_by_their_members_names() -> None:
    """answers.py writes JSON without asking the model, which holds while no member has another name on the wire."""

    def renamed(shape: Any, seen: set[str]) -> list[str]:
        if shape.name in seen:
            return []
        seen.add(shape.name)
        if shape.type_name == "list":
            return renamed(shape.member, seen)
        if shape.type_name == "map":
            return renamed(shape.value, seen)
        if (
            shape.type_name == "timestamp"
            and shape.serialization.get("timestampFormat", "unixTimestamp") != "unixTimestamp"
        ):
            return [shape.name]
        members = shape.members.items() if shape.type_name == "structure" else ()
        own = [n for n, s in members if s.serialization.get("name", n) != n or "location" in s.serialization]
        return own + [name for _, s in members for name in renamed(s, seen)]

    for service, action in OPERATIONS:
        model = model_of(service)
        if "json" in model.metadata["protocol"]:
            output = model.operation_model(action).output_shape
            assert not output or renamed(output, set()) == [], (service, action)


@pytest.fixture(scope="module")
def untouched() -> Sandbox:
    """A world that malformed requests are thrown at."""
    return Sandbox(WORLDS["small"](BEGIN, 0))


SERVICES = ("cloudformation", "iam", "sts", "ec2", "ssm", "organizations", "resource-groups", "tagging", "lambda", "?")


@settings(max_examples=150)
@given(service=st.sampled_from(SERVICES), body=st.binary(max_size=200))
def test_no_body_whatever_breaks_the_server(untouched: Sandbox, service: str, body: bytes) -> None:
    assert send(untouched, service, body)[0] < 500


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(operation=st.sampled_from(sorted(o for o in OPERATIONS if o[0] in ("ssm", "organizations"))), data=st.data())
def test_no_parameters_whatever_break_a_json_operation(
    untouched: Sandbox, operation: tuple[str, str], data: st.DataObject
) -> None:
    service, action = operation
    shape = model_of(service).operation_model(action).input_shape
    names = sorted(shape.members) if shape and shape.members else ["Any"]
    asked = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    target = {"HTTP_X_AMZ_TARGET": f"Service.{action}", "CONTENT_TYPE": "application/x-amz-json-1.1"}
    status = send(untouched, service, json.dumps(asked).encode(), target)[0]
    assert status < 500 or status == 501  # 501: a parameter that the sandbox knows and does not honour


def test_a_parameter_that_nobody_reads_is_refused_not_passed_over(
    client: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HONOURED, ("organizations", "ListRoots"), frozenset({"NextToken"}))

    with pytest.raises(ClientError) as refused:
        client("organizations").list_roots(MaxResults=5)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "does not honour MaxResults of organizations:ListRoots" in str(refused.value)


@pytest.mark.parametrize(
    ("service", "ask", "asked", "code", "status"),
    [
        ("ssm", "list_ops_metadata", {}, "UnknownOperationException", 400),
        ("cloudformation", "list_imports", {"ExportName": "any"}, "InvalidAction", 400),
        ("ec2", "describe_vpcs", {}, "InvalidAction", 400),
        ("resource-groups", "get_group", {"Group": "any"}, "UnknownOperationException", 400),
        ("s3", "get_bucket_cors", {"Bucket": "any-at-all"}, "NotImplemented", 501),
    ],
)
def test_an_operation_that_nobody_simulates_is_refused_as_its_protocol_has_it(
    client: Connect, service: str, ask: str, asked: dict[str, str], code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(client(service), ask)(**asked)
    told = refused.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_member_that_the_model_does_not_know_fails_the_tests(
    client: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, ("sts", "GetCallerIdentity"), lambda *_: {"Account": MANAGEMENT, "Shoe": 44})
    with pytest.raises(AssertionError, match="shoe: is not known"):
        client("sts").get_caller_identity()


def test_a_code_that_the_model_does_not_know_fails_the_tests(client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> dict[str, Any]:
        raise AwsError("ShoeNotFound")

    monkeypatch.setitem(OPERATIONS, ("ssm", "ListAssociations"), fail)
    with pytest.raises(AssertionError, match="ShoeNotFound"):
        client("ssm").list_associations()


def test_no_operation_declares_what_its_model_does_not_know() -> None:
    for (service, action), honoured in HONOURED.items():
        shape = model_of(service).operation_model(action).input_shape
        assert honoured <= set(shape.members if shape else ()), (service, action)


def test_half_a_character_is_no_text(untouched: Sandbox) -> None:
    target = {"HTTP_X_AMZ_TARGET": "AmazonSSM.ListAssociations", "CONTENT_TYPE": "application/x-amz-json-1.1"}
    status, body = send(untouched, "ssm", b'{"NextToken": "\\ud800"}', target)
    assert (status, json.loads(body)["__type"]) == (400, "SerializationException")
