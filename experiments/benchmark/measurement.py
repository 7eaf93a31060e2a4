"""The benchmark: check, measure, print and write."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from experiments.benchmark import speed_figures, speed_report
from experiments.benchmark.baseline_times import baseline_seconds
from experiments.benchmark.command_times import command_targets, command_times, trial_shares
from experiments.benchmark.grid import HAS_JAX, Cell, check, measure, points
from experiments.benchmark.growth import curves
from experiments.benchmark.large_store import LargeStoreTimes, SmallStoreTimes, measure_large_store, measure_small_store
from experiments.benchmark.record_growth import growth_targets, measure_growth
from experiments.benchmark.stack import EPOCHS_TIMED, Parts, parts
from experiments.benchmark.sweep_times import END_TO_END, LONG_TRIALS, TINY, WORKERS, SweepTimes, time_sweep
from experiments.benchmark.targets import Target, grid_targets
from experiments.benchmark.throughput import throughput_rows
from experiments.benchmark.timer import Spread
from experiments.benchmark.verification_times import Cost, costs, largest_median
from linrnn.models import DEFAULT_MODELS
from tracking.runs.environment import environment
from tracking.store.access import open_store

GRID_SECONDS, CURVE_SECONDS = 3.0, 0.5  # per point of the grid
REPEATS = 2  # of the sweeps with one and with two workers
QUICK_SECONDS = 0.1
START_TIME = time.perf_counter()


class Sweeps(NamedTuple):
    """Times of sweeps, end to end and by number of workers, of the reference stack, and of verification."""

    end_to_end: SweepTimes
    one: Sequence[SweepTimes]
    two: Sequence[SweepTimes]
    stack: Parts
    verification: Sequence[Cost]


def benchmark(out: Path, quick: bool) -> None:
    """Measure everything and write it to `out`."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    log_progress("checking that all sides compute the same" + ("" if HAS_JAX else ", without JAX: not installed"))
    check(HAS_JAX and not quick)
    cells = grid(quick)
    log_progress("growth with each size")
    lines = dict(curves(quick, QUICK_SECONDS if quick else CURVE_SECONDS))
    log_progress("operations a second")
    throughput = throughput_rows(quick)
    log_progress("whole sweeps")
    sweeps = sweep_times(quick)
    speed_report.show_grid(cells)
    speed_report.show_curves(lines)
    speed_report.show_throughput(throughput)
    speed_report.show_sweeps(sweeps.end_to_end, sweeps.one, sweeps.two, sweeps.stack)
    speed_report.show_verification(sweeps.verification)
    log_progress("whole commands")
    with tempfile.TemporaryDirectory(prefix="linrnn-bench-") as folder:
        commands, shares = command_times(Path(folder), quick), trial_shares(quick)
    speed_report.show_commands(commands, shares)
    log_progress("baselines")
    baselines = baseline_seconds(quick)
    log_progress("from commands to their first words")
    small_store = measure_small_store()
    log_progress("a store of thousands of trials")
    large_store = measure_large_store(quick)
    log_progress("growth with the number of trials")
    growth = list(measure_growth(quick))
    speed_report.show_small_store(small_store)
    speed_report.show_large_store(large_store)
    speed_report.show_growth(growth)
    slowest = max(baselines, key=lambda task: baselines[task])
    targets = [
        *grid_targets(cells),
        *sweep_targets(sweeps),
        *command_targets(commands, shares),
        Target(f"baselines of the slowest task, {slowest}", 20, baselines[slowest], "s", most=True),
        *small_store_targets(small_store),
        *large_store_targets(large_store),
        *growth_targets(growth),
    ]
    speed_report.show_targets(targets)
    speed_figures.speed_ups(cells, out / "bench.png")
    speed_figures.scaling(lines, out / "scaling.png")
    result = to_json(cells, lines, sweeps, baselines, targets)
    result["throughput_gflops"] = throughput
    result["commands"] = {name: each._asdict() for name, each in commands.items()}
    result["trial_shares"] = {str(hidden): each._asdict() for hidden, each in shares.items()}
    result["first_words"] = speed_report.small_store_json(small_store)
    result["growth"] = [each._asdict() for each in growth]
    result["thousands"] = speed_report.large_store_json(large_store)
    speed_report.write_json(out / "bench.json", result)
    log_progress(f"{out}: bench.json, bench.png, scaling.png")


def to_json(
    cells: list[Cell], lines: dict[str, list[Cell]], sweeps: Sweeps, baselines: dict[str, float], targets: list[Target]
) -> dict[str, Any]:
    """Return all measurements as one object."""
    return {
        "machine": {**environment(), **{name: version(name) for name in ("jax", "jaxlib", "optax") if HAS_JAX}},
        "seconds": time.perf_counter() - START_TIME,
        "grid": [speed_report.cell_json(cell) for cell in cells],
        "scaling": {axis: [speed_report.cell_json(cell) for cell in line] for axis, line in lines.items()},
        "end_to_end": speed_report.sweep_json(sweeps.end_to_end),
        "stack": {
            **{f"{name}_ms": value._asdict() for name, value in sweeps.stack._asdict().items()},
            "extrapolated_s": speed_report.stack_seconds(sweeps.stack, sweeps.end_to_end.config),
        },
        "workers": {"1": [*map(speed_report.sweep_json, sweeps.one)], "2": [*map(speed_report.sweep_json, sweeps.two)]},
        "baselines_s": baselines,
        "verifying": [*map(speed_report.cost_json, sweeps.verification)],
        "targets": [{**target._asdict(), "met": target.is_met} for target in targets],
    }


def grid(quick: bool) -> list[Cell]:
    """Measure the cells of the grid."""
    cells: list[Cell] = []
    for point in points(quick):
        log_progress(f"{point.to_shape(max(point.replicas))}")
        cells += measure(point, QUICK_SECONDS if quick else GRID_SECONDS)
    return cells


def sweep_times(quick: bool) -> Sweeps:
    """Time the end-to-end sweep, sweeps with one and two workers alternately, and the reference stack."""
    with tempfile.TemporaryDirectory(prefix="linrnn-bench-") as folder:
        store = open_store(folder)
        stack = parts(store, DEFAULT_MODELS, 2 if quick else EPOCHS_TIMED)
        end_to_end = time_sweep(store, TINY if quick else END_TO_END, 0 if quick else WORKERS)
        rounds = range(0 if quick else REPEATS)
        turns = [(time_sweep(store, LONG_TRIALS, 1), time_sweep(store, LONG_TRIALS, WORKERS)) for _ in rounds]
        log_progress("digests and reproductions")
        verification = list(costs(store, quick))
    return Sweeps(end_to_end, [one for one, _ in turns], [two for _, two in turns], stack, verification)


def sweep_targets(sweeps: Sweeps) -> list[Target]:
    """Return the targets of the sweeps."""
    sweep = sweeps.end_to_end
    total = speed_report.stack_seconds(sweeps.stack, sweep.config) / sweep.total
    targets = [
        Target("speed of the loop + Optuna + MLflow, a whole sweep", 100, total),
        Target("recording a trial", 60, sweep.recording.median, "ms", most=True),
        Target("recording, of the sweep's time", 8, 100 * sweep.recording_share, "%", most=True),
        Target(
            "digests, of the training's time",
            3,
            largest_median([c.digests for c in sweeps.verification]),
            "%",
            most=True,
        ),
        Target(
            "reproducing, over training", 1.2, largest_median([c.reproduction for c in sweeps.verification]), most=True
        ),
    ]
    if sweeps.one:
        one, two = (np.median([each.per_minute for each in turns]) for turns in (sweeps.one, sweeps.two))
        targets.append(Target("speed of one worker, two workers", 1.8, float(two / one)))
    return targets


def small_store_targets(small_store: SmallStoreTimes) -> list[Target]:
    """Return the targets of a store of a few sweeps."""
    return [
        *first_word_targets(small_store.first_words, f"{small_store.sweeps} sweeps", 2),
        Target("linrnn ui, to its start page", 5, small_store.start_page.median, "s", most=True),
        Target("linrnn reproduce, beside the training", 4, small_store.reproduction_rest.median, "s", most=True),
    ]


def first_word_targets(words: Mapping[str, Spread], store: str, goal: float) -> list[Target]:
    """Return the targets of the first words of commands."""
    return [
        Target(f"first word of linrnn {name}, {store}", goal, value.median, "s", most=True)
        for name, value in words.items()
    ]


def large_store_targets(large_store: LargeStoreTimes) -> list[Target]:
    """Return the targets of the large store."""
    targets = [Target(f"comparing, with {large_store.trials} trials", 5, large_store.compare.median, "s", most=True)]
    targets += first_word_targets(large_store.first_words, f"{large_store.trials} trials", 3)
    if large_store.ui:
        targets += [
            Target(
                f"list of runs in the UI, {large_store.trials} trials", 2, large_store.ui.listing.median, "s", most=True
            ),
            Target("memory of linrnn ui", 700, large_store.ui.memory, "MB", most=True),
        ]
    return targets


def log_progress(text: str) -> None:
    """Print progress and the elapsed time on stderr."""
    print(f"{time.perf_counter() - START_TIME:4.0f} s: {text}", file=sys.stderr, flush=True)
