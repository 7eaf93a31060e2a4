"""The benchmark's tables and its JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.benchmark.command_times import CommandTimes
from experiments.benchmark.grid import JAX, LINRNN, LOOP, TORCH_RNN, Cell
from experiments.benchmark.large_store import LargeStoreTimes, SmallStoreTimes
from experiments.benchmark.record_growth import RecordTimes
from experiments.benchmark.stack import Parts
from experiments.benchmark.sweep_times import SweepTimes
from experiments.benchmark.targets import TRIAL_EPOCHS, Grid, Target
from experiments.benchmark.timer import Spread
from experiments.benchmark.verification_times import Cost
from experiments.cli.terminal_table import print_table
from experiments.search.sweep_config import SweepConfig
from linrnn.training.trial_config import to_text

SIDES = (LOOP, TORCH_RNN, JAX, LINRNN)


def show_grid(cells: Sequence[Cell]) -> None:
    """Print the times at every shape and the speed of linrnn relative to the other sides."""
    grid, rows = Grid(cells), []
    for shape in grid.shapes:
        values = [grid.get(side, shape) for side in SIDES]
        ratios = [grid.speed_up(LINRNN, shape, side) for side in SIDES[:-1]]
        trial = grid.trial_speed_up(shape)
        times = [quartiles(cell.share) if cell else "-" for cell in values]
        rows.append([str(shape), *times, *map(times_faster, (*ratios, trial))])
    title = "One replica's share of a training step in ms: median (quartiles); then how many times faster linrnn is"
    print_table(title, ["shape", *SIDES, *(f"/ {side}" for side in SIDES[:-1]), "/ JAX trial"], rows)
    print(f"JAX trial: {TRIAL_EPOCHS} epochs of all replicas, JAX's compilation included. loop, torch.nn.RNN: S=1.\n")


def show_curves(curves: Mapping[str, Sequence[Cell]]) -> None:
    """Print the times along each size."""
    rows = [
        [axis, str(cell.shape), cell.side, quartiles(cell.share)] for axis, cells in curves.items() for cell in cells
    ]
    print_table("How the share of a step grows, in ms: median (quartiles)", ["along", "shape", "side", "ms"], rows)
    print()


def show_throughput(rows: Sequence[Sequence[float]]) -> None:
    """Print the operations a second by hidden size, of training steps and of a core that only multiplies and adds."""
    cells = [[f"{row[0]:.0f}", *(f"{value:.3g}" for value in row[1:])] for row in rows]
    print_table("GFLOP/s, products and activations, T=99, B=1, S=10", ["H", "linear", "tanh", "a core"], cells)
    print()


def show_sweeps(sweep: SweepTimes, one: Sequence[SweepTimes], two: Sequence[SweepTimes], stack: Parts) -> None:
    """Print the end-to-end sweep, the reference stack, recording and the speed of two workers."""
    config, epochs = sweep.config, stack.epoch.samples // stack.rest.samples
    rows = [
        ["linrnn, with its workers' start and its confirmations", f"{sweep.total:.1f} s"],
        ["per-step loop + Optuna + MLflow, extrapolated", f"{stack_seconds(stack, config):.0f} s"],
        ["  its parts: an epoch of a replica", f"{quartiles(stack.epoch)} ms"],
        ["  its parts: mlflow.log_metric", f"{quartiles(stack.log)} ms"],
        ["  its parts: the rest of a trial", f"{quartiles(stack.rest)} ms"],
        ["recording a trial, median (quartiles)", f"{quartiles(sweep.recording)} ms"],
        ["recording, of the sweep's time", f"{100 * sweep.recording_share:.1f} %"],
        ["trials a minute, 1 worker, start aside", " ".join(f"{each.per_minute:.1f}" for each in one)],
        ["trials a minute, 2 workers, start aside", " ".join(f"{each.per_minute:.1f}" for each in two)],
    ]
    training = config.bases[0].training
    print_table("Whole sweeps of the sine", ["what", "measured"], rows)
    print(
        f"The stack's time is extrapolated to {len(config.bases)} x {config.trials} trials of {training.replicas} "
        f"replicas and {training.epochs} epochs\n"
        f"from {stack.rest.samples} trials of 1 replica and {epochs} epochs; "
        "it trains one replica after another and confirms nothing.\n"
    )


def show_commands(commands: Mapping[str, CommandTimes], shares: Mapping[int, Spread]) -> None:
    """Print the times of whole commands, and what of a trial is not training."""
    rows = [[each.command, f"{each.first_trial:.1f} s", f"{each.total:.1f} s"] for each in commands.values()]
    print_table(
        "Whole commands, the first one in a new store", ["command", "to the first trial", "to the prompt"], rows
    )
    print_table(
        "What is not training, of the time of a trial of tanh on sine: median (quartiles)",
        ["H", "%"],
        [[str(hidden), quartiles(share)] for hidden, share in shares.items()],
    )
    print()


def stack_seconds(stack: Parts, config: SweepConfig) -> float:
    """Return the stack's extrapolated time for the search of a sweep, in seconds."""
    training = config.bases[0].training
    return stack.seconds(len(config.bases) * config.trials, training.replicas, training.epochs)


def show_verification(values: Sequence[Cost]) -> None:
    """Print the cost of digests and of a reproduction, by model type and hidden size."""
    rows = [
        [
            cost.config.model.name,
            str(cost.config.model.hidden_size),
            quartiles(cost.digests),
            quartiles(cost.reproduction),
        ]
        for cost in values
    ]
    header = ["model", "H", "digests, % of training", "reproduction / training, both with recording"]
    print_table("What verified reproduction costs: median (quartiles)", header, rows)
    print()


def show_small_store(small_store: SmallStoreTimes) -> None:
    """Print the times to the first words of commands."""
    rows = [[f"first word of linrnn {name}", quartiles(value)] for name, value in small_store.first_words.items()]
    rows += [
        ["linrnn ui, to its start page", quartiles(small_store.start_page)],
        ["linrnn reproduce, beside the training", quartiles(small_store.reproduction_rest)],
    ]
    print_table(f"A store of {small_store.sweeps} sweeps, s: median (quartiles)", ["what", "measured"], rows)
    print()


def small_store_json(small_store: SmallStoreTimes) -> dict[str, Any]:
    """Return the times to the first words as JSON."""
    return {
        "sweeps": small_store.sweeps,
        "first_words_s": {name: value._asdict() for name, value in small_store.first_words.items()},
        "start_page_s": small_store.start_page._asdict(),
        "reproduction_rest_s": small_store.reproduction_rest._asdict(),
    }


def show_large_store(large_store: LargeStoreTimes) -> None:
    """Print the times and the memory of a large store."""
    rows = [["linrnn compare, imports aside", f"{quartiles(large_store.compare)} s"]]
    rows += [[f"first word of linrnn {name}", f"{quartiles(each)} s"] for name, each in large_store.first_words.items()]
    if large_store.ui:
        rows += [
            ["the list of runs in the MLflow UI", f"{quartiles(large_store.ui.listing)} s"],
            ["the same in a new tab, the UI's own loading included", f"{quartiles(large_store.ui.new_tab)} s"],
            ["memory of linrnn ui, all its processes", f"{large_store.ui.memory:.0f} MB"],
        ]
    else:
        rows.append(["the MLflow UI", "not measured: Chromium and Playwright are not installed"])
    print_table(f"A store of {large_store.trials} trials: median (quartiles)", ["what", "measured"], rows)
    print()


def show_growth(times: Sequence[RecordTimes]) -> None:
    """Print what a trial costs in stores of different sizes."""
    rows = [[str(each.trials), *(f"{value:.3g}" for value in each[1:])] for each in times]
    header = ["trials", "compare", "doctor", "resume", "the next trial, asked and added"]
    print_table("Growth with the number of trials, ms per trial", header, rows)
    print()


def large_store_json(large_store: LargeStoreTimes) -> dict[str, Any]:
    """Return the times of a large store as JSON."""
    seconds = {"listing_s": large_store.ui.listing, "new_tab_s": large_store.ui.new_tab} if large_store.ui else {}
    return {
        "trials": large_store.trials,
        "compare_s": large_store.compare._asdict(),
        "first_words_s": {name: value._asdict() for name, value in large_store.first_words.items()},
        **{name: value._asdict() for name, value in seconds.items()},
        "ui_mb": large_store.ui.memory if large_store.ui else None,
    }


def cost_json(cost: Cost) -> dict[str, Any]:
    """Return a cost as JSON."""
    return {
        "config": to_text(cost.config),
        "digests_percent": cost.digests._asdict(),
        "reproduction_ratio": cost.reproduction._asdict(),
    }


def show_targets(targets: Sequence[Target]) -> None:
    """Print each target, the measured value and whether it is met."""
    rows = []
    for target in targets:
        sign = "<=" if target.most else ">="
        is_met = "yes" if target.is_met else "no"
        rows.append([target.what, f"{sign} {target.goal:.3g} {target.unit}", f"{target.value:.3g}", is_met])
    print_table("Targets", ["what", "target", "value", "met"], rows)
    print(f"{sum(target.is_met for target in targets)} of {len(targets)} met\n")


def quartiles(value: Spread) -> str:
    """Format the median and quartiles to three digits."""
    return f"{value.median:.3g} ({value.first_quartile:.3g}-{value.third_quartile:.3g})"


def times_faster(ratio: float | None) -> str:
    """Format a speed-up, which may be missing."""
    return "-" if ratio is None else f"{ratio:.3g}x"


def cell_json(cell: Cell) -> dict[str, Any]:
    """Return a cell as flat JSON."""
    times = {f"{name}_ms" if name != "samples" else name: value for name, value in cell.share._asdict().items()}
    return {"side": cell.side, **cell.shape._asdict(), **times, "compilation_s": cell.compilation}


def sweep_json(sweep: SweepTimes) -> dict[str, Any]:
    """Return the times of a sweep as JSON."""
    return {
        "config": sweep.config.text(),
        "seconds_with_start": sweep.total,
        "seconds": sweep.net,
        "trials_per_minute": sweep.per_minute,
        "recording_ms": sweep.recording._asdict(),
        "recording_share": sweep.recording_share,
    }


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write the JSON file."""
    path.write_text(json.dumps(values, indent=1) + "\n")
