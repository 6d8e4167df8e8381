"""/healthz: whether web, database, Redis and a worker are up, and which is not."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse

WORKER_KEY = "health:worker"
WORKER_LIVES_SECONDS = 45

log = logging.getLogger(__name__)


def tell_worker_lives() -> None:
    """Called by a worker; the sign fades by itself."""
    cache.set(WORKER_KEY, "alive", WORKER_LIVES_SECONDS)


def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when all is up, else 503; the body names each part. Public: it tells nothing else."""
    parts = {"web": True, "database": _works(_ask_database), "redis": _works(_ask_redis), "worker": _works(_ask_worker)}
    told = {name: "up" if is_up else "down" for name, is_up in parts.items()}
    return JsonResponse(told, status=200 if all(parts.values()) else 503)


def _works(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except Exception:
        log.exception("health: %s failed", ask.__name__)
        return False


def _ask_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _ask_redis() -> bool:
    cache.set("health:redis", "asked", 10)
    return bool(settings.REDIS_URL) and cache.get("health:redis") == "asked"


def _ask_worker() -> bool:
    return cache.get(WORKER_KEY) is not None
