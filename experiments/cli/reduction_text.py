"""Text and JSON that `linrnn reduce` prints."""

from __future__ import annotations

import math
from typing import Any

from experiments.cli.terminal_table import print_table
from experiments.workflows.reduce import ReductionRun
from linrnn.analysis.reduction import OrderLoss
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import base_url, run_link
from tracking.runs.reduction_record import reduction_values
from tracking.store.access import Store

MORE = 3  # orders above the selected one in the table
HEADER = ("order", "val loss", "test loss", "error", "bound", "")


def reduction_json(run: ReductionRun) -> dict[str, Any]:
    """Return a reduction as the object that `linrnn reduce --json` prints; a number that is not finite is null."""
    request = run.request
    return {
        "run_id": run.run_id,
        "source": {"run_id": request.run_id, "model": request.config.model.name, "replica": request.replica},
        "task": request.config.task.label,
        "within": request.margin,
        "hidden_size": len(run.reduction.orders),
        **reduction_values(run.reduction),
    }


def show_reduction(store: Store, run: ReductionRun) -> None:
    """Print the orders up to some above the selected one, a sentence, and the link."""
    request, reduction = run.request, run.reduction
    task, size = request.config.task.label, len(reduction.orders)
    shown = reduction.orders[: reduction.order + MORE]
    rows = [row(each, "selected" if each.order == reduction.order else "") for each in shown]
    whole = (str(size), f"{reduction.val_loss:.4g}", f"{reduction.test_loss:.4g}", "0", "0", "the whole network")
    title = f"{task}: run {request.run_id[:8]}, replica {request.replica}, {size} units. 1 is the best constant's loss."
    print_table(title, HEADER, [*rows, whole])
    print(f"\n{conclusion(run)}")
    print(f"recorded as run {run.run_id}")
    print(run_link(base_url(store), experiment_id(store, task), run.run_id))


def row(loss: OrderLoss, note: str) -> tuple[str, ...]:
    """Return the row of one order."""
    gains = ("-" if math.isnan(value) else f"{value:.3g}" for value in (loss.error, loss.error_bound))
    return (str(loss.order), f"{loss.val_loss:.4g}", f"{loss.test_loss:.4g}", *gains, note)


def conclusion(run: ReductionRun) -> str:
    """Write what was found in a sentence or two."""
    reduction, margin = run.reduction, f"{100 * run.request.margin:.3g} %"
    where = "is within" if reduction.is_within else "is not within"
    whole = f"the validation loss of all {len(reduction.orders)}"
    text = f"A linear network of {reduction.order} units {where} {margin} of {whole}."
    if not reduction.is_stable:
        text += f" The network is unstable: truncated over {reduction.horizon:g} steps, without an error bound."
    return text
