"""Finds what people should be told, once for each condition while it holds, and makes one message for each channel.

Run by a task every few minutes: what began since the last time goes into one digest, so a bad night is few messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.urls import reverse

from policies.domain.alerts import LONGEST_RUN, LONGEST_STALE, AlertKind, is_low
from policies.domain.status import AssociationStatus, DeploymentStatus, PolicyStatus, ShardStatus
from policies.models import Alert, AssociationState, Channel, Delivery, Deployment, NodePolicy, Policy, Shard, SyncHold

FAILED = (DeploymentStatus.FAILED, DeploymentStatus.PARTIAL)
ENDED = (PolicyStatus.COMPLIANT, PolicyStatus.NON_COMPLIANT)


@dataclass(frozen=True)
class Condition:
    """Something that holds now; `key` is the same as long as it is the same thing, and tells `place_of` where it is."""

    kind: AlertKind
    key: str
    values: dict[str, Any]


def watch(now: datetime) -> int:
    """Open and end alerts by what holds now, and queue a digest of the new ones to every channel; how many are new."""
    holding = {condition.key: condition for condition in find_conditions(now)}
    with transaction.atomic():
        open_alerts = Alert.objects.select_for_update().filter(ended_at=None)
        open_alerts.exclude(key__in=holding).update(ended_at=now)
        known = set(open_alerts.values_list("key", flat=True))
        new = [
            Alert.objects.create(kind=condition.kind, key=key, values=condition.values, began_at=now)
            for key, condition in holding.items()
            if key not in known
        ]
        if new:
            for channel in Channel.objects.all():
                Delivery.objects.create(channel=channel, made_at=now, due_at=now).alerts.set(new)
    return len(new)


def place_of(alert: Alert) -> str:
    """The path of the page that shows what an alert speaks of."""
    _, *named = alert.key.split(":")
    match AlertKind(alert.kind):
        case AlertKind.DEPLOYMENT_FAILED:
            return reverse("deployment", args=[named[0]])
        case AlertKind.BASELINE_DELETED | AlertKind.SYNC_HELD:
            return reverse("policy_baselines", args=[named[0]])
        case AlertKind.COMPLIANCE_LOW:
            return f"{reverse('policy_nodes', args=[named[0]])}?status={PolicyStatus.NON_COMPLIANT}"
        case AlertKind.SHARD_STALE:
            return f"{reverse('account_list')}?account={named[0]}&region={named[1]}"


def queue_test(channel: Channel, now: datetime) -> Delivery:
    """A message without alerts, to see whether it arrives."""
    return Delivery.objects.create(channel=channel, made_at=now, due_at=now)


def find_conditions(now: datetime) -> Iterator[Condition]:
    """All that holds now; `now` by our clock."""
    yield from _failed_deployments()
    yield from _missing_baselines()
    yield from _held_files()
    yield from _low_compliance()
    yield from _stale_shards(now)


def _failed_deployments() -> Iterator[Condition]:
    """Of each living policy the newest deployment; a retry that succeeds ends the alert."""
    newest = Deployment.objects.filter(policy=OuterRef("policy")).order_by("-pk").values("pk")[:1]
    failed = Deployment.objects.filter(policy__deleted_at=None, status__in=FAILED, pk=Subquery(newest))
    for pk, policy in failed.order_by("pk").values_list("pk", "policy__name"):
        yield Condition(AlertKind.DEPLOYMENT_FAILED, f"deployment:{pk}", {"policy": policy})


def _missing_baselines() -> Iterator[Condition]:
    for policy in Policy.objects.living().exclude(missing_baselines=[]):
        for gone in policy.missing_baselines:
            key = f"baseline:{policy.configuration_id}:{gone['operating_system']}"
            yield Condition(AlertKind.BASELINE_DELETED, key, {"policy": policy.name, "baseline": gone["name"]})


def _held_files() -> Iterator[Condition]:
    for hold in SyncHold.objects.filter(policy__deleted_at=None).select_related("policy"):
        values = {"policy": hold.policy.name, "by": hold.by, "reason": hold.reason}
        yield Condition(AlertKind.SYNC_HELD, f"hold:{hold.policy.configuration_id}:{hold.at.isoformat()}", values)


def _low_compliance() -> Iterator[Condition]:
    """Of the nodes under a policy whose run has ended, where no other is under way; while none is, as it was."""
    told = set(Alert.objects.filter(kind=AlertKind.COMPLIANCE_LOW, ended_at=None).values_list("key", flat=True))
    pairs = NodePolicy.objects.living().filter(policy__deleted_at=None).alias(is_moving=_is_moving()).order_by()
    ended = Count("pk", filter=Q(status__in=ENDED, is_moving=False))
    good = Count("pk", filter=Q(status=PolicyStatus.COMPLIANT, is_moving=False))
    counted = pairs.values_list("policy__configuration_id", "policy__name").annotate(good=good, ended=ended)
    for configuration_id, name, compliant, judged in counted:
        percent = 100 * compliant // judged if judged else 0
        key = f"compliance:{configuration_id}"
        was_low = key in told
        if is_low(percent, settings.ALERT_COMPLIANCE_PERCENT, was_low) if judged else was_low:
            yield Condition(AlertKind.COMPLIANCE_LOW, key, {"policy": name, "percent": percent})


def _is_moving() -> Exists:
    """Whether the policy runs in the node's account-Region; a run that goes on for longer waits for lost nodes."""
    began = Q(last_run_at__gt=F("shard__observed_at") - LONGEST_RUN)
    here = {"policy": OuterRef("policy"), "shard": OuterRef("node__shard")}
    return Exists(AssociationState.objects.filter(began, status=AssociationStatus.PENDING, **here))


def _stale_shards(now: datetime) -> Iterator[Condition]:
    """Those that have failed for a day, also where no reading ever succeeded."""
    before = now - LONGEST_STALE
    is_old = Q(collected_at__lt=before) | Q(collected_at=None, failing_since__lt=before)
    stale = Shard.objects.filter(is_old, account__is_active=True, status=ShardStatus.FAILED)
    for shard in stale.select_related("account"):
        values = {"account": str(shard.account), "region": shard.region, "error": shard.error_code}
        yield Condition(AlertKind.SHARD_STALE, f"shard:{shard.account_id}:{shard.region}", values)
