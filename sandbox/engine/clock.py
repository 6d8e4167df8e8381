"""The sandbox's time: a clock that is stepped by tests or runs fast in the demo, and a timeline of what is to happen.

Events are plain data, so that a world can be saved and loaded with what it still has to do.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Clock:
    """Sandbox time. `speed` sandbox seconds pass in a real second; at 0 only `advance` moves it."""

    at: datetime
    speed: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The present moment of the sandbox."""
        return self.at + timedelta(seconds=(time.monotonic() - self._since) * self.speed)

    def advance(self, step: timedelta) -> None:
        """Jump forward. Raises ValueError when asked to go back."""
        if step < timedelta(0):
            raise ValueError("time does not run backwards")
        self._restart(self.now() + step)

    def set_speed(self, speed: float) -> None:
        """Run at another pace from now on."""
        self._restart(self.now())
        self.speed = speed

    def _restart(self, moment: datetime) -> None:
        self.at = moment
        self._since = time.monotonic()

    def __getstate__(self) -> dict[str, object]:
        return {"at": self.now(), "speed": self.speed}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._since = time.monotonic()


@dataclass(frozen=True, order=True)
class Event:
    """Something to happen at a moment: the handler's name and the ids it needs."""

    moment: datetime
    sequence: int
    kind: str = field(compare=False)
    arguments: tuple[object, ...] = field(compare=False, default=())


Handler = Callable[..., None]


@dataclass
class Timeline:
    """What is still to happen, in order of moment and then of asking."""

    events: list[Event] = field(default_factory=list)
    sequence: int = 0

    def at(self, moment: datetime, kind: str, *arguments: object) -> None:
        """Let the handler of `kind` be called with the arguments at that moment."""
        self.sequence += 1
        heapq.heappush(self.events, Event(moment, self.sequence, kind, arguments))

    def pop_due(self, moment: datetime) -> Event | None:
        """The next event that is due by that moment, taken off the timeline."""
        if self.events and self.events[0].moment <= moment:
            return heapq.heappop(self.events)
        return None
