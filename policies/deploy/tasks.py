"""The workers' doors: each loads an id, connects, calls one function, and says when to come again."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from policies.aws.connect import connection
from policies.aws.errors import AwsProblem
from policies.deploy import drift, sweep, sync
from policies.deploy import run_order as running
from policies.deploy.run import run_next_step
from policies.models import Policy

log = logging.getLogger(__name__)

AT_A_TIME = 8
"""Requests of one order that are made beside each other: Systems Manager takes two a second in an account."""


@shared_task
def run_deployment(deployment_id: int) -> None:
    """Bring a deployment one step further and ask for the next."""
    try:
        following = run_next_step(deployment_id, connection(), timezone.now())
    except AwsProblem as problem:
        log.warning("deployment %s waits for the sweep: %s", deployment_id, problem)
        return
    if following:
        run_deployment.apply_async((deployment_id,), countdown=following.after_seconds)


@shared_task
def run_order(order_id: int) -> None:
    """Bring a part of an order one request further and ask for the next; AT_A_TIME of these work beside each other."""
    following = running.run_next_part(order_id, connection(), timezone.now())
    if following:
        run_order.apply_async((order_id,), countdown=following.after_seconds)


@shared_task
def sweep_deployments() -> None:
    """Wake every deployment and every order that a dead worker or a lost queue left lying."""
    for deployment_id in sweep.find_neglected(timezone.now()):
        run_deployment.apply_async((deployment_id,), expires=settings.SWEEP_SECONDS)
    for order_id in running.find_neglected(timezone.now() - sweep.GRACE):
        run_order.apply_async((order_id,), expires=settings.SWEEP_SECONDS)


@shared_task
def sync_policy(policy_id: int, by: str = "") -> None:
    """Bring one policy's override file up to date with its baselines."""
    policy = Policy.objects.living().filter(pk=policy_id).first()
    if policy is None:
        return
    try:
        sync.sync_policy(policy, by, connection(), timezone.now())
    except AwsProblem as problem:
        log.warning("policy %s waits for the next sync: %s", policy_id, problem)


@shared_task
def sync_due() -> None:
    """Sync every policy whose hour has come."""
    for policy_id in sync.find_due(timezone.now()):
        sync_policy.delay(policy_id)


@shared_task
def check_drift(policy_id: int) -> None:
    """Compare what stands in AWS for one policy with what should."""
    policy = Policy.objects.living().filter(pk=policy_id).first()
    if policy is None:
        return
    try:
        drift.check_drift(policy, connection(), timezone.now())
    except AwsProblem as problem:
        log.warning("policy %s waits for the next comparison: %s", policy_id, problem)


@shared_task
def check_drift_due() -> None:
    """Compare every policy whose night has come, or that was deployed since."""
    for policy_id in drift.find_due(timezone.now()):
        check_drift.delay(policy_id)
