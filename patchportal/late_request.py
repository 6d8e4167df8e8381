"""A task's request, as a worker holds it, that outlives the connection to Redis by which it came."""

from __future__ import annotations

from typing import Any

from celery.worker.request import Request


class LateRequest(Request):
    """A task is acknowledged when it has ended. When Redis went away meanwhile, kombu finds no connection to do it by.

    It raises AttributeError then, which would end the worker. Counted among the errors of a connection it is written to
    the log; the task goes on, and if it is delivered again it finds nothing left to do.
    """

    def __init__(self, message: Any, **told: Any) -> None:
        super().__init__(message, **told | {"connection_errors": (*told["connection_errors"], AttributeError)})
