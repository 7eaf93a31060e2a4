"""How long the floors of each task take."""

from __future__ import annotations

from experiments.benchmark.verifying import seconds
from linrnn.floors import floors_of
from linrnn.tasks import TASKS


def floors_seconds(quick: bool) -> dict[str, float]:
    """Task -> seconds, its data included; a few tasks if quick."""
    return {name: seconds(lambda name=name: floors_of(TASKS[name]())) for name in list(TASKS)[: 2 if quick else None]}
