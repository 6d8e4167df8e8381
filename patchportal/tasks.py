"""The worker's sign of life, read by health.py."""

from __future__ import annotations

from celery import shared_task

from patchportal.health import tell_worker_lives


@shared_task(expires=20)
def beat_heart() -> None:
    """Tell that a worker took a task from the queue."""
    tell_worker_lives()
