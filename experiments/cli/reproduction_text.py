"""Text and JSON that `reproduce` and `diff` print on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from experiments.cli.terminal_table import print_table
from experiments.cli.terminal_text import echo
from experiments.workflows.diff import RunDiff
from experiments.workflows.reproduce import CODES, DAMAGED, Reproduction
from linrnn.analysis.bitwise import CURVES, IDENTICAL, LOSSES, WEIGHTS, BitwiseComparison, FirstDivergence
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import base_url, table_link
from tracking.runs.environment import Change
from tracking.store.access import Store

PARTS = ("config", "environment", "data", "results")  # of a diff


def reproduction_json(reproduction: Reproduction) -> dict[str, Any]:
    """Return a reproduction as the object that `linrnn reproduce --json` prints of one run."""
    comparison = reproduction.comparison
    return {
        "run_id": reproduction.record.run_id,
        "verdict": reproduction.verdict,
        "compared": comparison.counts,
        "first_difference": comparison.first._asdict() if comparison.first else None,
        "max_relative_difference": comparison.max_relative_difference,
        "tolerance": reproduction.tolerance,
        "environment": [
            {"item": item, "recorded": one, "now": other} for item, one, other in reproduction.environment_changes
        ],
        "reproduction": reproduction.run_id,
        **({"damage": reproduction.damage} if reproduction.damage else {}),
    }


def reproductions_json(reproductions: Sequence[Reproduction]) -> dict[str, Any]:
    """Return reproductions as the object that `linrnn reproduce --sweep --json` prints; `verdict` is the worst one."""
    worst = max(reproductions, key=lambda each: each.code)
    return {"verdict": worst.verdict, "runs": [reproduction_json(each) for each in reproductions]}


def show_reproduction(store: Store | None, reproduction: Reproduction) -> None:
    """Print the result of a reproduction, its reason, changes of the environment, and the link."""
    echo(f"{reproduction.verdict}: {reproduction.record.name}, run {reproduction.record.run_id}")
    echo(f"  {reason_text(reproduction)}")
    if reproduction.verdict != IDENTICAL:
        for line in environment_lines(reproduction.environment_changes):
            echo(f"  {line}")
    if reproduction.run_id:
        echo(f"  recorded as run {reproduction.run_id}")
    show_link(store, [reproduction])


def show_reproductions(store: Store, reproductions: Sequence[Reproduction]) -> None:
    """Print a table with a row for each run, changes of the environment, and the link."""
    rows = [
        (each.verdict, each.record.run_id[:8], each.record.name, size_text(each) or reason_text(each))
        for each in reproductions
    ]
    counts = Counter(each.verdict for each in reproductions)
    title = ", ".join(f"{counts[verdict]} {verdict}" for verdict in CODES if counts[verdict])
    print_table(f"{title}, of {len(reproductions)}", ("result", "run", "name", "reason"), rows)
    for each in reproductions:
        if each.verdict not in (IDENTICAL, DAMAGED):
            echo("\n".join([f"\n{each.record.run_id[:8]}:", *environment_lines(each.environment_changes)]))
    show_link(store, reproductions)


def show_link(store: Store | None, reproductions: Sequence[Reproduction]) -> None:
    """Print the link to the table of trials, which has the results as a column."""
    task = reproductions[0].record.config.task.label
    if store and any(each.run_id for each in reproductions):
        page = table_link(base_url(store), experiment_id(store, task))
        echo(f"\nIn the MLflow UI (linrnn ui, or make ui), in the column `reproduced`: {page}")


def size_text(reproduction: Reproduction) -> str:
    """Write how much is identical; empty for any other result."""
    counts = reproduction.comparison.counts
    return f"{counts['epochs']} epochs x {counts['replicas']} replicas" if reproduction.verdict == IDENTICAL else ""


def reason_text(reproduction: Reproduction) -> str:
    """Write the reason of a result in one sentence."""
    comparison = reproduction.comparison
    if comparison.first is None:
        return reproduction.damage or comparison_text(comparison)
    largest = f"{comparison.max_relative_difference:.3g} relative (tolerance {reproduction.tolerance:g})"
    return f"first difference: {divergence_text(comparison.first)}; losses differ by at most {largest}"


def comparison_text(comparison: BitwiseComparison) -> str:
    """Write how much was compared and is equal."""
    counts = comparison.counts
    losses = sum(counts.get(name, 0) for name in {*CURVES, *LOSSES})
    weights = sum(counts.get(name, 0) for name in WEIGHTS)
    splits = sum(count for name, count in counts.items() if name.startswith("data."))
    return (
        f"all bits are equal: {counts['epochs']} epochs x {counts['replicas']} replicas, {losses} losses and gradient "
        f"norms, SHA-256 of {weights} states of the weights and of {splits} splits of the data"
    )


def divergence_text(divergence: FirstDivergence) -> str:
    """Write quantity, replica and epoch of a difference."""
    replica = "" if divergence.replica is None else f" of replica {divergence.replica}"
    epoch = "" if divergence.epoch is None else f" at epoch {divergence.epoch}"
    return f"{divergence.quantity}{replica}{epoch}"


def environment_lines(changes: Sequence[Change]) -> list[str]:
    """Return lines about the changes of the environment."""
    if not changes:
        return ["no recorded item of the environment changed"]
    return ["changes of the environment, the likeliest cause first:", *change_lines(changes)]


def change_lines(changes: Sequence[Change]) -> list[str]:
    """Return a line for each item, with both its values."""
    width = max(len(change.item) for change in changes)
    return [f"  {item.ljust(width)}  {one or '-'} -> {other or '-'}" for item, one, other in changes]


def run_diff_json(diff: RunDiff) -> dict[str, Any]:
    """Return a diff as the object that `linrnn diff --json` prints."""
    return {
        "runs": [diff.one.run_id, diff.other.run_id],
        **{name: [change._asdict() for change in getattr(diff, name)] for name in PARTS},
        "curves": diff.curves._asdict() if diff.curves else None,
    }


def show_run_diff(diff: RunDiff) -> None:
    """Print the differences of two runs, part by part."""
    echo(f"{diff.one.name} ({diff.one.run_id[:8]}) -> {diff.other.name} ({diff.other.run_id[:8]})")
    for name in PARTS:
        changes = getattr(diff, name)
        echo("\n".join([f"{name}:", *change_lines(changes)]) if changes else f"{name}: equal")
    first = diff.curves
    echo(f"curves: first difference is {divergence_text(first)}" if first else "curves: equal, bit for bit")
