"""The whole benchmark in its order: check, measure, show, write."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from experiments.benchmark import speed_figures, speed_report
from experiments.benchmark.baseline_times import floors_seconds
from experiments.benchmark.grid import HAS_JAX, Cell, check, measure, points
from experiments.benchmark.growth import curves
from experiments.benchmark.large_store import Thousands, thousands
from experiments.benchmark.stack import EPOCHS_TIMED, Parts, parts
from experiments.benchmark.sweep_times import END_TO_END, LONG_TRIALS, TINY, WORKERS, Swept, timed_sweep
from experiments.benchmark.targets import Target, targets_of_grid
from experiments.benchmark.verification_times import Cost, costs, worst
from linrnn.models import MODELS
from tracking.runs.environment import environment
from tracking.store.access import open_store

GRID_SECONDS, CURVE_SECONDS = 3.0, 0.5  # for the sides at one point
REPEATS = 2  # of the sweeps with one and with two workers
QUICK_SECONDS = 0.1
STARTED = time.perf_counter()


class Sweeps(NamedTuple):
    """The timed sweeps: end to end and with each number of workers, the stack beside them; what verifying costs."""

    end_to_end: Swept
    one: Sequence[Swept]
    two: Sequence[Swept]
    stack: Parts
    verifying: Sequence[Cost]


def benchmark(out: Path, quick: bool) -> None:
    """Measure everything and write it to `out`."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    say("checking that all sides compute the same" + ("" if HAS_JAX else "; JAX is not installed and left out"))
    check(HAS_JAX and not quick)
    cells = grid(quick)
    say("growth with each size")
    lines = dict(curves(quick, QUICK_SECONDS if quick else CURVE_SECONDS))
    say("whole sweeps")
    sweeps = sweep_times(quick)
    speed_report.show_grid(cells)
    speed_report.show_curves(lines)
    speed_report.show_sweeps(sweeps.end_to_end, sweeps.one, sweeps.two, sweeps.stack)
    speed_report.show_verifying(sweeps.verifying)
    say("floors")
    floors = floors_seconds(quick)
    say("a store of thousands of trials")
    many = thousands(quick)
    speed_report.show_thousands(many)
    slowest = max(floors, key=lambda task: floors[task])
    targets = [
        *targets_of_grid(cells),
        *targets_of_sweeps(sweeps),
        Target(f"floors of the slowest task, {slowest}", 20, floors[slowest], "s", most=True),
        *targets_of_thousands(many),
    ]
    speed_report.show_targets(targets)
    speed_figures.speed_ups(cells, out / "bench.png")
    speed_figures.scaling(lines, out / "scaling.png")
    found = as_json(cells, lines, sweeps, floors, targets) | {"thousands": speed_report.thousands_json(many)}
    speed_report.write_json(out / "bench.json", found)
    say(f"{out}: bench.json, bench.png, scaling.png")


def as_json(
    cells: list[Cell], lines: dict[str, list[Cell]], sweeps: Sweeps, floors: dict[str, float], targets: list[Target]
) -> dict[str, Any]:
    """All that was measured."""
    return {
        "machine": {**environment(), **{name: version(name) for name in ("jax", "jaxlib", "optax") if HAS_JAX}},
        "seconds": time.perf_counter() - STARTED,
        "grid": [speed_report.cell_json(cell) for cell in cells],
        "scaling": {axis: [speed_report.cell_json(cell) for cell in line] for axis, line in lines.items()},
        "end_to_end": speed_report.swept_json(sweeps.end_to_end),
        "stack": {
            **{f"{name}_ms": value._asdict() for name, value in sweeps.stack._asdict().items()},
            "extrapolated_s": speed_report.stack_seconds(sweeps.stack, sweeps.end_to_end.config),
        },
        "workers": {"1": [*map(speed_report.swept_json, sweeps.one)], "2": [*map(speed_report.swept_json, sweeps.two)]},
        "floors_s": floors,
        "verifying": [*map(speed_report.cost_json, sweeps.verifying)],
        "targets": [{**target._asdict(), "met": target.met} for target in targets],
    }


def grid(quick: bool) -> list[Cell]:
    """The cells of the grid."""
    cells: list[Cell] = []
    for point in points(quick):
        say(f"{point.at(max(point.replicas))}")
        cells += measure(point, QUICK_SECONDS if quick else GRID_SECONDS)
    return cells


def sweep_times(quick: bool) -> Sweeps:
    """The end-to-end sweep, sweeps with one and two workers in turn, and the stack."""
    with tempfile.TemporaryDirectory(prefix="linrnn-bench-") as folder:
        store = open_store(folder)
        stack = parts(store, tuple(MODELS), 2 if quick else EPOCHS_TIMED)
        end_to_end = timed_sweep(store, TINY if quick else END_TO_END, 0 if quick else WORKERS)
        rounds = range(0 if quick else REPEATS)
        turns = [(timed_sweep(store, LONG_TRIALS, 1), timed_sweep(store, LONG_TRIALS, WORKERS)) for _ in rounds]
        say("digests and reproductions")
        verifying = list(costs(store, quick))
    return Sweeps(end_to_end, [one for one, _ in turns], [two for _, two in turns], stack, verifying)


def targets_of_sweeps(sweeps: Sweeps) -> list[Target]:
    """The targets that the sweeps decide."""
    swept = sweeps.end_to_end
    whole = speed_report.stack_seconds(sweeps.stack, swept.config) / swept.whole
    found = [
        Target("speed of the loop + Optuna + MLflow, a whole sweep", 100, whole),
        Target("recording a trial", 100, swept.recording.median, "ms", most=True),
        Target("recording, of the sweep's time", 10, 100 * swept.recording_share, "%", most=True),
        Target("digests, of the training's time", 3, worst([c.digests for c in sweeps.verifying]), "%", most=True),
        Target("reproducing, over training", 1.2, worst([c.reproduction for c in sweeps.verifying]), most=True),
    ]
    if sweeps.one:
        one, two = (np.median([each.per_minute for each in turns]) for turns in (sweeps.one, sweeps.two))
        found.append(Target("speed of one worker, two workers", 1.7, float(two / one)))
    return found


def targets_of_thousands(many: Thousands) -> list[Target]:
    """The targets that a store of thousands of trials decides."""
    found = [Target(f"comparing, with {many.trials} trials", 5, many.compare.median, "s", most=True)]
    if many.ui:
        found += [
            Target(f"the UI's list of runs, with {many.trials} trials", 2, many.ui.listing.median, "s", most=True),
            Target("memory of linrnn ui", 700, many.ui.memory, "MB", most=True),
        ]
    return found


def say(text: str) -> None:
    """How far it is, on stderr."""
    print(f"{time.perf_counter() - STARTED:4.0f} s: {text}", file=sys.stderr, flush=True)
