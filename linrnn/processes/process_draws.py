"""A sequence of random processes and series: the one with number k depends on the seed and on k alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linrnn.processes.input_process import NarmaProcess, VolterraProcess
from linrnn.processes.linear_process import ArmaProcess, SeasonProcess, TrendProcess
from linrnn.processes.noise_process import GarchNoise, GaussianNoise, StudentNoise, WalkDifferences
from linrnn.processes.nonlinear_process import BilinearProcess, LogisticProcess, ThresholdProcess
from linrnn.processes.process import Process, Realization
from linrnn.processes.truth import Truth, measure_truth

CYCLE: tuple[type[Process], ...] = (  # half of it linear or noise
    ArmaProcess,
    ThresholdProcess,
    GaussianNoise,
    BilinearProcess,
    SeasonProcess,
    LogisticProcess,
    StudentNoise,
    VolterraProcess,
    ArmaProcess,
    NarmaProcess,
    GarchNoise,
    ThresholdProcess,
    TrendProcess,
    BilinearProcess,
    WalkDifferences,
    LogisticProcess,
    ArmaProcess,
    VolterraProcess,
    GaussianNoise,
    NarmaProcess,
)


def draw_process(seed: int, number: int) -> Process:
    """Return a process with random parameters; the types take turns."""
    return CYCLE[number % len(CYCLE)].sample(np.random.default_rng([seed, number, 0]))


def choose_rows(number: int, lengths: Sequence[int]) -> int:
    """Return the length of a series; each type of process comes with each length equally often."""
    return lengths[(number + number // len(CYCLE)) % len(lengths)]


def draw_series(seed: int, number: int, rows: int) -> Realization:
    """Return a realization `(rows, 1)` of a process."""
    return draw_process(seed, number).simulate(np.random.default_rng([seed, number, 1]), rows)


def find_truth(seed: int, number: int) -> Truth:
    """Return the truth of a process."""
    return measure_truth(draw_process(seed, number), np.random.default_rng([seed, number, 2]))
