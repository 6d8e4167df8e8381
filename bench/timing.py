"""Requests timed side by side in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

WARM_UP = 3


def medians(asks: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = WARM_UP) -> dict[str, float]:
    """The median seconds of each; every one once a round, so that a busy machine slows all of them alike.

    Rounds to warm up are not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(warm_up + rounds):
        for name, ask in asks.items():
            begun = time.perf_counter()
            ask()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(each) for name, each in seconds.items()}
