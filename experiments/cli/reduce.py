"""`linrnn reduce`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FOLDER
from experiments.cli.parameters import NO_DIFF, Percentage, RunId


@command(
    "reduce",
    """
    linrnn reduce sine
    linrnn reduce 4f0c --within 5%
    linrnn reduce 4f0c --order 3 --replica 2
    linrnn reduce sunspots --figures smaller --json
    """,
)
@click.argument("run", type=RunId(or_task=True), metavar="RUN_ID|TASK")
@click.option("--replica", type=click.IntRange(min=0), metavar="K", help="Replica.  [default: the best on val]")
@click.option("--order", type=click.IntRange(min=1), metavar="N", help="Hidden size.  [default: the smallest within]")
@click.option(
    "--within",
    "margin",
    type=Percentage(),
    default="1%",
    show_default=True,
    metavar="X%",
    help="Largest increase of the validation loss.",
)
@click.option(
    "--figures",
    type=OUTPUT_FOLDER,
    metavar="DIR",
    help="Write the figure as PNG, with its numbers as CSV, into DIR.",
)
@NO_DIFF
def reduce(
    options: GlobalOptions, run: str, replica: int | None, order: int | None, margin: float, figures: Path | None
) -> None:
    """Find the smallest linear network that does the same.

    RUN_ID is the run of a trial, or its first characters; TASK stands for the task's best linear run.

    The linear network of each order, 1 to the hidden size, is computed by balanced truncation, without training. The
    table shows its losses on the validation and test split, and how far its response is from that of the whole network
    at any frequency, beside the proved bound: 2 times the sum of the dropped Hankel singular values. An unstable
    network has no such bound. The smallest order within the margin is recorded as a run of its own, which every command
    takes; `linrnn reproduce` reduces again and compares bit for bit.

    An lru network and almost-linear without nonlinear units are linear networks, too. Of linear-mlp, the recurrence is
    reduced and the readout kept. Of another nonlinear network, its best linear approximation on the training inputs is
    reduced, up to order 64.
    """
    from experiments.cli.reduction_text import reduction_json, show_reduction
    from experiments.workflows.network_choice import choose_network
    from experiments.workflows.reduce import FIGURE_FILES, reduce_network_run
    from tracking.store.access import changeable_store
    from tracking.store.disk import write_folder

    store = changeable_store(options.store)
    result = reduce_network_run(store, choose_network(store, run, replica), order, margin)
    if figures:
        write_folder(figures, {name: result.result.files[name] for name in FIGURE_FILES})
    print_json(reduction_json(result)) if options.json else show_reduction(store, result)
