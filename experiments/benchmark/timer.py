"""Times of several sides taken in turn, A B C A B C ..., so that whatever else the machine does meets them all."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from experiments.benchmark.sides import Side

Key = TypeVar("Key", bound=Hashable)

SAMPLE_SECONDS = 0.03  # what one sample should take, in as many steps as that needs
MOST_STEPS = 50  # of a sample
ROUNDS = range(3, 16)  # fewest and most samples of each side


class Spread(NamedTuple):
    """A measured value: its median, least value and quartiles over so many samples."""

    median: float
    least: float
    first_quartile: float
    third_quartile: float
    samples: int

    def over(self, parts: int) -> Spread:
        """The spread of each of so many equal parts."""
        least, first, third = (value / parts for value in (self.least, self.first_quartile, self.third_quartile))
        return Spread(self.median / parts, least, first, third, self.samples)


def spread(values: Sequence[float]) -> Spread:
    """The spread of some samples."""
    first, median, third = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median, float(min(values)), first, third, len(values))


def times_of(sides: Mapping[Key, Side], cap: float) -> dict[Key, Spread]:
    """Milliseconds of a step of each side, in rounds over all sides until about `cap` seconds are over."""
    started = time.perf_counter()
    counts = {key: steps_of_sample(side) for key, side in sides.items()}
    samples: dict[Key, list[float]] = {key: [] for key in sides}
    for done in range(ROUNDS.stop - 1):
        if done >= ROUNDS.start and time.perf_counter() - started > cap:
            break
        for key, side in sides.items():
            samples[key].append(1000 * seconds_of(side, counts[key]) / counts[key])
    return {key: spread(values) for key, values in samples.items()}


def steps_of_sample(side: Side) -> int:
    """How many steps to time at once, after a first one to warm up."""
    first = seconds_of(side, 1)
    again = first if first > 10 * SAMPLE_SECONDS else seconds_of(side, 1)
    return max(1, min(MOST_STEPS, round(SAMPLE_SECONDS / again)))


def seconds_of(side: Side, count: int) -> float:
    """What so many steps take."""
    started = time.perf_counter()
    side(count)
    return time.perf_counter() - started
