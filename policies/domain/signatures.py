"""Failures that are one failure: a reason of AWS without what differs from place to place.

Thousands of account-Regions fail for a handful of causes. Taking out account ids, Regions, ARNs and request ids leaves
the cause.
"""

from __future__ import annotations

import hashlib
import re

PLACE = "…"
VARYING = re.compile(
    r"""
    \barn:[\w-]+:[\w-]*:[^\s'",)]*                                              # an ARN
    | \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b          # a request, a stack
    | \b[a-z]{2}(?:-[a-z]+){1,2}-\d\b                                           # a Region
    | \b(?:m?i|vpce?|ami)-[0-9a-f]{8,17}\b                                      # a node, an endpoint, an image
    | \b\d{12}\b                                                                # an account
    | \b[0-9A-Z]{16}\b                                                          # a request id of S3
    """,
    re.VERBOSE,
)
LENGTH = 16


def strip_places(reason: str) -> str:
    """The reason with an ellipsis for each thing that names one place or one request."""
    return VARYING.sub(PLACE, reason)


def signature_of(reason: str) -> str:
    """Sixteen hexadecimal digits, equal for reasons that are one failure; "" for no reason."""
    return hashlib.sha256(strip_places(reason).encode()).hexdigest()[:LENGTH] if reason else ""
