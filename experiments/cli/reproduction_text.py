"""What `reproduce` and `diff` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from experiments.cli.terminal_table import print_table
from experiments.workflows.diff import RunDiff
from experiments.workflows.reproduce import CODES, DAMAGED, Reproduction
from linrnn.analysis.bitwise import IDENTICAL, BitwiseComparison, FirstDivergence
from tracking.mlflow_ui.experiments import experiment_id
from tracking.mlflow_ui.links import base_url, table_link
from tracking.runs.environment import Change
from tracking.store.access import Store

HASHED = ("weights", "initial_weights", "best_weights", "final_weights")  # compared by their SHA-256


def reproduction_json(found: Reproduction) -> dict[str, Any]:
    """The object that `linrnn reproduce --json` prints of one run."""
    first = found.comparison.first
    return {
        "schema": 1,
        "run_id": found.of.run_id,
        "verdict": found.verdict,
        "compared": found.comparison.counts,
        "first_difference": first._asdict() if first else None,
        "max_relative_difference": found.comparison.max_relative_difference,
        "tolerance": found.tolerance,
        "environment": [{"item": item, "recorded": one, "now": other} for item, one, other in found.changed],
        "reproduction": found.run_id,
        **({"damage": found.damage} if found.damage else {}),
    }


def reproductions_json(found: Sequence[Reproduction]) -> dict[str, Any]:
    """The same of many; the verdict on all is the worst on one."""
    worst = max(found, key=lambda each: each.code)
    return {"schema": 1, "verdict": worst.verdict, "runs": [reproduction_json(each) for each in found]}


def show_reproduction(store: Store | None, found: Reproduction) -> None:
    """The verdict, what it rests on, what changed, and where to look."""
    print(f"{found.verdict}: {found.of.name}, run {found.of.run_id}")
    print(f"  {reason(found)}")
    if found.verdict != IDENTICAL:
        for line in account(found.changed):
            print(f"  {line}")
    if found.run_id:
        print(f"  recorded as run {found.run_id}")
    show_link(store, [found])


def show_reproductions(store: Store, found: Sequence[Reproduction]) -> None:
    """A line a run, what changed, how many there are of each verdict, and where to look."""
    rows = [(each.verdict, each.of.run_id[:8], each.of.name, extent(each) or reason(each)) for each in found]
    counts = Counter(each.verdict for each in found)
    title = ", ".join(f"{counts[verdict]} {verdict}" for verdict in CODES if counts[verdict])
    print_table(f"{title}, of {len(found)}", ("verdict", "run", "name", "because"), rows)
    for each in found:
        if each.verdict not in (IDENTICAL, DAMAGED):
            print("\n".join([f"\n{each.of.run_id[:8]}:", *account(each.changed)]))
    show_link(store, found)


def show_link(store: Store | None, found: Sequence[Reproduction]) -> None:
    """Where the verdicts are in the MLflow UI: a column of the trials, and the reruns."""
    task = found[0].of.config.task.label
    if store and any(each.run_id for each in found):
        page = table_link(base_url(store), experiment_id(store, task))
        print(f"\nIn the MLflow UI (linrnn ui, or make ui), in the column `reproduced`: {page}")


def extent(found: Reproduction) -> str:
    """How much is identical; nothing for another verdict."""
    counts = found.comparison.counts
    return f"{counts['epochs']} epochs x {counts['replicas']} replicas" if found.verdict == IDENTICAL else ""


def reason(found: Reproduction) -> str:
    """What a verdict rests on, in a sentence."""
    if found.comparison.first is None:
        return found.damage or everything(found.comparison)
    largest = f"{found.comparison.max_relative_difference:.3g} of their size (tolerance {found.tolerance:g})"
    return f"the first to differ is {place(found.comparison.first)}; losses differ by at most {largest}"


def everything(found: BitwiseComparison) -> str:
    """How much was compared and found equal."""
    counts = found.counts
    numbers = sum(counts.get(name, 0) for name in ("train_loss", "gradient_norm", "val_loss", "test_loss"))
    weights = sum(counts.get(name, 0) for name in HASHED)
    data = sum(count for name, count in counts.items() if name.startswith("data."))
    return (
        f"every bit compared is equal: {counts['epochs']} epochs x {counts['replicas']} replicas, {numbers} losses and "
        f"gradient norms, the SHA-256 of {weights} states of the weights and of {data} splits of data"
    )


def place(first: FirstDivergence) -> str:
    """A difference's quantity, epoch and replica."""
    epoch = "" if first.epoch is None else f" at epoch {first.epoch}"
    replica = "" if first.replica is None else f" of replica {first.replica}"
    return f"{first.quantity}{replica}{epoch}"


def account(changed: Sequence[Change]) -> list[str]:
    """What changed of the environment, in lines."""
    if not changed:
        return ["nothing that is recorded of the environment differs"]
    return ["of the environment, this changed (the likeliest cause first):", *lines(changed)]


def lines(changed: Sequence[Change]) -> list[str]:
    """One line an item, with both its values."""
    width = max(len(change.item) for change in changed)
    return [f"  {item.ljust(width)}  {one or '-'} -> {other or '-'}" for item, one, other in changed]


def difference_json(found: RunDiff) -> dict[str, Any]:
    """The object that `linrnn diff --json` prints."""
    parts = {name: getattr(found, name) for name in ("config", "environment", "data", "results")}
    return {
        "schema": 1,
        "runs": [found.one.run_id, found.other.run_id],
        **{name: [change._asdict() for change in changed] for name, changed in parts.items()},
        "curves": found.curves._asdict() if found.curves else None,
    }


def show_difference(found: RunDiff) -> None:
    """What differs, part by part."""
    print(f"{found.one.name} ({found.one.run_id[:8]}) -> {found.other.name} ({found.other.run_id[:8]})")
    for name in ("config", "environment", "data", "results"):
        changed = getattr(found, name)
        print("\n".join([f"{name}:", *lines(changed)]) if changed else f"{name}: the same")
    print(f"curves: part at {place(found.curves)}" if found.curves else "curves: the same, bit for bit")
