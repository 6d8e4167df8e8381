"""Tries many ways on from one point: a child process for each, which is a copy of everything down to the stack.

So each call of a run can be struck in turn without running up to it again.
"""

from __future__ import annotations

import gc
import json
import os
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

Way = TypeVar("Way")


class Forks(Generic[Way]):
    """The children of this process, at most `limit` at a time. `folder` is where they leave what they found."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self.way: Way | None = None
        """The one that this process goes; None in the parent."""
        self._begun: list[Way] = []
        self._running: list[int] = []

    def turn(self, ways: Iterable[Way]) -> Way | None:
        """Return once in the parent, with None, and once in a child for each way, with that way.

        Children do not turn again.
        """
        for way in ways if self.way is None else ():
            self.wait(self.limit - 1)
            self._begun.append(way)
            gc.freeze()  # or the child's collector would touch, and so copy, everything
            child = os.fork()
            if not child:
                self.way = way
                return way
            self._running.append(child)
        return None

    def go(self, to_the_end: Callable[[], list[str]]) -> list[tuple[Way, list[str]]]:
        """Do what may turn, and tell each way with what its child found. A child never comes back from here."""
        try:
            found = to_the_end()
        except BaseException:
            if self.way is None:
                raise
            found = [traceback.format_exc()]
        finally:
            if self.way is not None:
                self._leave(found)
        self.wait()
        gc.unfreeze()
        return [(way, self._read(number)) for number, way in enumerate(self._begun, start=1)]

    def wait(self, most: int = 0) -> None:
        """Until no more than so many children run."""
        while len(self._running) > most:
            os.waitpid(self._running.pop(0), 0)

    def _leave(self, found: list[str]) -> None:
        (self.folder / f"{len(self._begun)}.json").write_text(json.dumps(found))
        os._exit(0)

    def _read(self, number: int) -> list[str]:
        file = self.folder / f"{number}.json"
        found: list[str] = json.loads(file.read_text()) if file.exists() else ["the process died"]
        return found
