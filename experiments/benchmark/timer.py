"""Timing of several sides alternately, A B C A B C ..., so that other load on the machine affects all equally."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from experiments.benchmark.sides import Side

Key = TypeVar("Key", bound=Hashable)

SAMPLE_SECONDS = 0.03  # duration of a sample
MOST_STEPS = 50  # of a sample
ROUNDS = range(3, 16)  # fewest and most samples of each side


class Spread(NamedTuple):
    """A measured value: its median, least value and quartiles and its number of samples."""

    median: float
    least: float
    first_quartile: float
    third_quartile: float
    samples: int

    def divide(self, parts: int) -> Spread:
        """Return the spread of one of `parts` equal parts."""
        least, first, third = (value / parts for value in (self.least, self.first_quartile, self.third_quartile))
        return Spread(self.median / parts, least, first, third, self.samples)


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of samples."""
    first, median, third = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median, float(min(values)), first, third, len(values))


def time_sides(sides: Mapping[Key, Side], cap: float) -> dict[Key, Spread]:
    """Milliseconds of a step of each side, in rounds over all sides for about `cap` seconds."""
    started = time.perf_counter()
    counts = {key: count_steps(side) for key, side in sides.items()}
    samples: dict[Key, list[float]] = {key: [] for key in sides}
    for round_number in range(ROUNDS.stop - 1):
        if round_number >= ROUNDS.start and time.perf_counter() - started > cap:
            break
        for key, side in sides.items():
            samples[key].append(1000 * time_steps(side, counts[key]) / counts[key])
    return {key: spread(values) for key, values in samples.items()}


def count_steps(side: Side) -> int:
    """Return the number of steps of a sample, after one step to warm up."""
    first = time_steps(side, 1)
    again = first if first > 10 * SAMPLE_SECONDS else time_steps(side, 1)
    return max(1, min(MOST_STEPS, round(SAMPLE_SECONDS / again)))


def time_steps(side: Side, count: int) -> float:
    """Return the seconds that `count` steps take."""
    started = time.perf_counter()
    side(count)
    return time.perf_counter() - started
