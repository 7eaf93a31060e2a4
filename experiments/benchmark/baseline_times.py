"""How long the floors of each task take."""

from __future__ import annotations

from functools import partial

from experiments.benchmark.verification_times import seconds
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import BUILT_IN, TASKS


def floors_seconds(quick: bool) -> dict[str, float]:
    """Task -> seconds, its data included; a few tasks if quick."""
    names = BUILT_IN[: 2 if quick else None]
    return {name: seconds(partial(timed, name)) for name in names}


def timed(name: str) -> None:
    """What is timed."""
    compute_baselines(TASKS[name]())
