"""Text and JSON that `linrnn reduce` prints."""

from __future__ import annotations

import math
from typing import Any

from experiments.cli.terminal_table import print_table
from experiments.cli.terminal_text import echo
from experiments.workflows.reduce import ReductionRun
from linrnn.analysis.reduction import OrderLoss
from linrnn.models.model import LinearPart, Model
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
    task = request.config.task.label
    shown = reduction.orders[: reduction.order + MORE]
    rows = [row(each, "selected" if each.order == reduction.order else "") for each in shown]
    model = request.config.model
    whole = ("whole", f"{reduction.val_loss:.4g}", f"{reduction.test_loss:.4g}", "", "", "")
    source = (model.name, f"{reduction.source_val_loss:.4g}", f"{reduction.source_test_loss:.4g}", "", "", "")
    echo(f"{task}: replica {request.replica} of run {request.run_id[:8]}, {model.name} with {describe_size(model)}.")
    title = "Losses, and the largest gain of the error at any frequency. 1 is the best constant predictor's loss."
    print_table(title, HEADER, [*rows, whole, *([] if reduction.is_exact else [source])])
    echo(f"\n{conclusion(run)}")
    echo(f"recorded as run {run.run_id}")
    echo(run_link(base_url(store), experiment_id(store, task), run.run_id))


def describe_size(model: Model) -> str:
    """Write the hidden size of a model, and its layers if there are several."""
    layers = getattr(model, "num_layers", 1)
    return f"{model.hidden_size} units" + (f" in each of {layers} layers" if layers > 1 else "")


def row(loss: OrderLoss, note: str) -> tuple[str, ...]:
    """Return the row of one order."""
    gains = ("-" if math.isnan(value) else f"{value:.3g}" for value in (loss.error, loss.error_bound))
    return (str(loss.order), f"{loss.val_loss:.4g}", f"{loss.test_loss:.4g}", *gains, note)


def conclusion(run: ReductionRun) -> str:
    """Write what was found in a sentence or two."""
    reduction, margin = run.reduction, f"{100 * run.request.margin:.3g} %"
    where = "is within" if reduction.is_within else "is not within"
    whole = "the whole network" if reduction.is_exact else "the whole linear approximation"
    network = f"A {run.result.config.model.name} network of {reduction.order} units"
    text = f"{network} {where} {margin} of the validation loss of {whole}."
    if run.result.config.model.linear_part == LinearPart.RECURRENCE:
        text += " Its recurrence is reduced, its readout that of the whole network; errors are those of what it reads."
    if not reduction.is_exact:
        ratio = reduction.selection.test_loss / reduction.source_test_loss
        share = f"{100 * reduction.linear_share:.3g} % of the network's output"
        text += f" The approximation explains {share}; its test loss is {ratio:.3g} times that of the network."
    if not reduction.is_stable:
        text += f" The network is unstable: truncated over {reduction.horizon:g} steps, without an error bound."
    return text
