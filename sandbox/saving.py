"""Keeps a whole world in a file: clock, timeline, planned faults, S3, reports; and finds it again."""

from __future__ import annotations

import pickle
from pathlib import Path

from sandbox.engine.world import World
from sandbox.pickles import read_pickle

MARK = b"sandbox world "
FORMAT = 5
"""Raise it whenever a world that was saved before could not be gone on with."""


def save(world: World, path: Path) -> None:
    """Write the world; a half-written file never replaces a whole one."""
    with world.lock:
        content = pickle.dumps(world)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(MARK + str(FORMAT).encode() + b"\n" + content)
    beside.replace(path)


def load(path: Path) -> World:
    """The world that `save` wrote.

    Raises ValueError in words for a file that is none or of another format, OSError when there is no such file.
    """
    first, _, content = path.read_bytes().partition(b"\n")
    if not first.startswith(MARK):
        raise ValueError(f"{path} is not a saved world")
    told = first.removeprefix(MARK).decode(errors="replace")
    if told != str(FORMAT):
        raise ValueError(
            f"{path} was saved in format {told}; this sandbox reads format {FORMAT}. Remove the file to begin anew."
        )
    try:
        world = read_pickle(content)
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError) as broken:
        raise ValueError(f"{path} cannot be read: {broken}") from broken
    if not isinstance(world, World):
        raise ValueError(f"{path} holds no world")
    return world
