"""Time to compute the baselines of each task."""

from __future__ import annotations

from functools import partial

from experiments.benchmark.verification_times import seconds
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import BUILT_IN, TASKS


def baseline_seconds(quick: bool) -> dict[str, float]:
    """Task -> seconds, its data included; a few tasks if quick."""
    names = BUILT_IN[: 2 if quick else None]
    return {name: seconds(partial(compute, name)) for name in names}


def compute(name: str) -> None:
    """Compute the baselines of a task."""
    compute_baselines(TASKS[name]())
