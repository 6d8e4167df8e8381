"""Alerts: told once while something holds, in one message for each channel, signed, and to public addresses alone."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from policies.domain.alerts import WAITS, AlertKind
from policies.models import Account, Alert, Channel, Delivery, Deployment, Node, NodePolicy, Policy, Shard, SyncHold
from policies.observe.alerts import find_conditions, queue_test, watch
from policies.observe.deliver import send_due, try_once
from policies.observe.webhook import WebhookFailed, post, sign
from tests.observe.reading import make_policy

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def channel(address: str = "ops@example.com", kind: str = "mail", language: str = "en") -> Channel:
    return Channel.objects.create(
        kind=kind, address=address, language=language, created_by="ann", created_at=NOW, secret="secret"
    )


def everything_wrong() -> Policy:
    """A world in which each kind of alert holds once."""
    policy = make_policy()
    gone = {"operating_system": "UBUNTU", "baseline_id": "pb-1", "name": "Our Ubuntu", "is_custom": True}
    Policy.objects.update(missing_baselines=[gone])
    Deployment.objects.create(
        policy=policy, verb="create", status="failed", plan={"changes": []}, requested_by="ann", requested_at=NOW
    )
    SyncHold.objects.create(policy=policy, reason="CHG-1", by="olga", at=NOW)
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    shard = Shard.objects.create(
        account=account, region="us-east-1", status="failed", error_code="AccessDenied",
        collected_at=NOW - timedelta(days=1, minutes=1),
    )  # fmt: skip
    node = Node.objects.create(shard=shard, instance_id="i-1", seen_at=NOW)
    NodePolicy.objects.create(node=node, policy=policy, status="non_compliant")
    return policy


def test_each_kind_is_told_once_in_one_mail(settings: Settings) -> None:
    settings.PUBLIC_ORIGIN = "https://patches.example.com"
    channel()
    everything_wrong()

    assert watch(NOW) == len(AlertKind)
    assert watch(NOW + MINUTE) == 0
    send_due(NOW + MINUTE)

    assert set(Alert.objects.values_list("kind", flat=True)) == set(AlertKind)
    [message] = mail.outbox
    assert message.subject == "PatchPortal: 5 alerts"
    assert "Only 0% of the nodes under abcde are compliant." in message.body
    assert "- Shop, us-east-1 could not be read for a day: AccessDenied (2026-11-23 12:00 UTC)" in message.body
    assert "\n  https://patches.example.com/accounts/?account=555566667777&region=us-east-1" in message.body


def test_an_active_alert_leads_to_what_it_speaks_of(as_administrator: Client) -> None:
    everything_wrong()
    watch(NOW)

    holding = as_administrator.get(reverse("alerts")).context["holding"]

    assert len(holding) == len(AlertKind)
    for alert, place, _ in holding:
        told = as_administrator.get(place)
        assert told.status_code == 200, alert.kind
        assert alert.values.get("account", "abcde") in told.content.decode()


def test_what_is_over_ends_and_is_told_anew_when_it_comes_back() -> None:
    channel()
    everything_wrong()
    watch(NOW)
    SyncHold.objects.all().delete()
    watch(NOW + MINUTE)
    assert Alert.objects.get(kind=AlertKind.SYNC_HELD).ended_at == NOW + MINUTE

    SyncHold.objects.create(policy=Policy.objects.get(), reason="CHG-2", by="olga", at=NOW + MINUTE)
    assert watch(NOW + 2 * MINUTE) == 1


def test_compliance_that_swings_about_the_threshold_is_told_once(settings: Settings) -> None:
    everything_wrong()
    shard, policy = Shard.objects.get(), Policy.objects.get()
    others = Node.objects.bulk_create(Node(shard=shard, instance_id=f"i-2{n:02}", seen_at=NOW) for n in range(99))
    NodePolicy.objects.bulk_create(NodePolicy(node=each, policy=policy, status="non_compliant") for each in others)

    def began(compliant: int) -> bool:
        """Whether so many nodes of a hundred are told as too few, which was not told before."""
        NodePolicy.objects.update(status="non_compliant")
        chosen = list(NodePolicy.objects.order_by("pk").values_list("pk", flat=True)[:compliant])
        NodePolicy.objects.filter(pk__in=chosen).update(status="compliant")
        known = set(Alert.objects.values_list("pk", flat=True))
        watch(NOW)
        return Alert.objects.filter(kind=AlertKind.COMPLIANCE_LOW).exclude(pk__in=known).exists()

    assert [began(percent) for percent in (90, 89, 90, 89, 91, 89, 92, 89)] == [
        False, True, False, False, False, False, False, True,
    ]  # fmt: skip
    settings.ALERT_COMPLIANCE_PERCENT = 100
    assert [began(percent) for percent in (99, 100, 99)] == [False, False, True]


def test_the_newest_deployment_counts_and_no_plan_of_one_is_loaded() -> None:
    """They are kept for ever."""
    Deployment.objects.create(
        policy=everything_wrong(), verb="edit", status="succeeded", plan={}, requested_by="ann", requested_at=NOW
    )
    with CaptureQueriesContext(connection) as asked:
        assert AlertKind.DEPLOYMENT_FAILED not in {each.kind for each in find_conditions(NOW)}
    assert not [query for query in asked.captured_queries if '"plan"' in query["sql"]]


def test_a_message_speaks_the_channels_language() -> None:
    channel(language="ja")
    watch(NOW)
    everything_wrong()
    watch(NOW)
    send_due(NOW)

    assert "件のアラート" in mail.outbox[0].subject


def test_a_failed_message_is_tried_again_later_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = queue_test(channel("https://hooks.example/x", "webhook"), NOW)

    def refuse(*_: Any) -> None:
        raise WebhookFailed("HTTP 500")

    monkeypatch.setattr("policies.observe.deliver.post", refuse)
    at = NOW
    for wait in WAITS:
        assert try_once(delivery.pk, at)
        assert not try_once(delivery.pk, at), "it waits"
        at += wait
    assert try_once(delivery.pk, at)

    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.due_at, delivery.error) == (len(WAITS) + 1, None, "HTTP 500")
    assert send_due(at + timedelta(days=9)) == 0


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it gets."""

    got: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        self.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(302 if "elsewhere" in self.path else 204)
        self.send_header("Location", "/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Any:
    Receiver.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_a_message_that_it_can_verify(receiver: str, settings: Settings) -> None:
    settings.WEBHOOKS_ANYWHERE = True
    channel(f"{receiver}/hook?a=1", "webhook", "ja")
    everything_wrong()
    watch(NOW)
    send_due(NOW)

    [(headers, body)] = Receiver.got
    assert headers["X-PatchPortal-Timestamp"] == str(int(NOW.timestamp()))
    assert headers["X-PatchPortal-Signature"] == f"sha256={sign('secret', headers['X-PatchPortal-Timestamp'], body)}"
    told = {alert["kind"]: alert for alert in json.loads(body)["alerts"]}
    assert set(told) == set(AlertKind)
    assert told["sync-held"]["text"].startswith("abcde のオーバーライドファイル")
    assert told["sync-held"]["url"] == reverse("policy_baselines", args=["abcde"])
    assert Delivery.objects.get().sent_at == NOW


def test_a_redirect_is_not_followed(receiver: str) -> None:
    with pytest.raises(WebhookFailed, match="HTTP 302"):
        post(f"{receiver}/elsewhere", "s", b"{}", NOW, anywhere=True)
    assert len(Receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com", "https://", "https://a:b@example.com", "https://x:99999/", "hello"],
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(WebhookFailed):
        post(url, "s", b"{}", NOW)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "0.0.0.0"]
)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.215.14", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: told)

    with pytest.raises(WebhookFailed, match="not public"):
        post("https://hooks.example/", "s", b"{}", NOW)


def test_an_administrator_adds_tests_and_removes_a_channel(as_administrator: Client) -> None:
    page = reverse("alerts")
    as_administrator.post(page, {"kind": "mail", "address": "ops@example.com", "language": "en"})
    added = Channel.objects.get()

    assert "ops@example.com" in as_administrator.get(page).content.decode()
    as_administrator.post(reverse("alert_test", args=[added.pk]))
    assert mail.outbox[0].to == ["ops@example.com"]
    as_administrator.post(reverse("alert_remove", args=[added.pk]))
    assert not Channel.objects.exists()


@pytest.mark.parametrize(("kind", "address"), [("mail", "nobody"), ("webhook", "http://x.example"), ("webhook", "")])
def test_a_wrong_address_is_said_at_its_field(kind: str, address: str, as_administrator: Client) -> None:
    told = as_administrator.post(reverse("alerts"), {"kind": kind, "address": address, "language": "en"})

    assert told.status_code == 200
    assert not Channel.objects.exists()


def test_only_administrators_see_the_page(as_operator: Client) -> None:
    assert as_operator.get(reverse("alerts")).status_code == 403


@pytest.mark.parametrize(("hours", "told"), [(23, 0), (25, 1)])
def test_a_region_that_could_never_be_read_is_told_after_a_day_as_well(hours: int, told: int) -> None:
    account = Account.objects.create(account_id="555566667777", name="Shop", seen_at=NOW)
    Shard.objects.create(
        account=account, region="us-east-1", status="failed", error_code="AccessDenied",
        failing_since=NOW - timedelta(hours=hours),
    )  # fmt: skip

    assert watch(NOW) == told


def test_of_many_alerts_the_page_says_that_it_shows_the_newest(as_administrator: Client) -> None:
    Alert.objects.bulk_create(
        Alert(
            kind=AlertKind.SYNC_HELD,
            key=f"{AlertKind.SYNC_HELD}:p{n}",
            values={"policy": "abcde", "by": "olga", "reason": "CHG-1"},
            began_at=NOW,
        )
        for n in range(21)
    )

    told = as_administrator.get(reverse("alerts")).content.decode()

    assert "(21)" in told
    assert "Only the 20 newest are shown." in told
