"""The plan of some sweeps, as `--dry-run` prints it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.cli.output import print_json
from experiments.cli.terminal_table import print_table

if TYPE_CHECKING:
    from experiments.search.sweep_config import Sweep


def show_plan(sweeps: Sequence[Sweep], workers: int | None, is_json: bool) -> None:
    """Print what some sweeps would do: trials, and time and disk at most; nothing is recorded."""
    from experiments.report.run_page import size_text
    from experiments.workflows.sweep_plan import plan_sweep

    plans = [plan for sweep in sweeps for plan in plan_sweep(sweep)]
    count = workers or os.cpu_count() or 1
    seconds, size = sum(plan.seconds for plan in plans), sum(plan.bytes for plan in plans)
    if is_json:
        total = {"workers": count, "seconds": seconds / count, "bytes": size}
        return print_json({"plan": [plan._asdict() for plan in plans], **total})
    rows = [
        (
            plan.task,
            plan.model,
            f"{plan.trials} of {plan.epochs} epochs, {plan.replicas} replicas",
            f"{plan.confirmation} replicas",
            f"{plan.seconds / count:.3g} s",
            size_text(plan.bytes),
        )
        for plan in plans
    ]
    total_row = ("all", "", f"{sum(plan.trials for plan in plans)}", "", f"{seconds / count:.3g} s", size_text(size))
    print_table(
        f"At most, by the speed of a few epochs, with {count} workers; nothing was recorded.",
        ("task", "model", "trials", "confirmation", "training", "disk"),
        [*rows, total_row],
    )
