"""The zone of the viewer's clock, as the browser tells it in a cookie; without a script it is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

ZONE_COOKIE = "zone"
LONGEST_NAME = 64
NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")


def viewer_zone(cookies: Mapping[str, str]) -> ZoneInfo | None:
    """The zone that the cookie names; None when there is none of this name here. The name may be anything at all."""
    name = cookies.get(ZONE_COOKIE, "")
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Not found (ZoneInfoNotFoundError is a KeyError), not a zone's file, or a folder of zones.
        return None
