"""Pages with opaque tokens that are good for the one request they were given to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from sandbox.engine.errors import AwsError

Show = Callable[[Any], Any]


def as_it_is(item: Any) -> Any:
    """How an item is shown that is ready to be told."""
    return item


def page(
    items: Iterable[Any],
    parameters: dict[str, Any],
    *,
    default: int,
    limit: str = "MaxResults",
    token: str = "NextToken",  # noqa: S107 - a parameter's name
    error: str = "InvalidNextToken",
) -> tuple[list[Any], dict[str, str]]:
    """The page that the parameters ask for, and {token: ...} when there is more; no item after that is looked at.

    A token that was not given for the same question is refused with the service's own error code.
    """
    question = _fingerprint({k: v for k, v in parameters.items() if k not in (limit, token)})
    start = _read_token(parameters[token], question, error) if parameters.get(token) else 0
    size = int(parameters.get(limit) or default)
    found = list(islice(items, start, start + size + 1))
    more = {token: _make_token(start + size, question)} if len(found) > size else {}
    return found[:size], more


def _fingerprint(question: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _make_token(start: int, question: str) -> str:
    return base64.urlsafe_b64encode(f"{question}:{start}".encode()).decode()


def _read_token(given: str, question: str, error: str) -> int:
    try:
        asked, start = base64.urlsafe_b64decode(given.encode()).decode().split(":")
        if asked == question:
            return int(start)
    except ValueError:
        pass
    raise AwsError(error, "The specified token is not valid.")
