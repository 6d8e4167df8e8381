"""The organizations to begin with: each a function that makes a World at a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.engine.world import World
from sandbox.worlds.small import small, stock

__all__ = ["WORLDS", "stock"]

WORLDS: dict[str, Callable[[datetime, float], World]] = {"small": small}
