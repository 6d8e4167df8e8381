"""The organizations to begin with, each a file beside this one: how to write another is told in declared.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from sandbox.engine.world import World
from sandbox.saving import load
from sandbox.worlds.declared import read_world, stock

__all__ = ["WORLDS", "open_world", "read_world", "stock"]

FOLDER = Path(__file__).parent
NAMES = ("small", "empty", "broken", "broken-untrusted", "large")
WORLDS: dict[str, Callable[[datetime, float], World]] = {
    name: partial(read_world, FOLDER / f"{name}.toml") for name in NAMES
}


def open_world(name: str, at: datetime, speed: float) -> World:
    """One of WORLDS by its name, a declared world by the path of its .toml file, or a saved one by its path.

    A saved world goes on from the moment at which it was saved. Raises ValueError in words for a file that is none.
    """
    if name in WORLDS:
        return WORLDS[name](at, speed)
    path = Path(name)
    if path.suffix != ".toml":
        world = load(path)
        world.clock.set_speed(speed)
        return world
    try:
        return read_world(path, at, speed)
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"{path} does not declare a world: {wrong!r}") from wrong
