"""`linrnn reproduce`."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import Number, RunId

if TYPE_CHECKING:
    from experiments.workflows.reproduce import Reproduction
    from tracking.store.access import Store


@command(
    "reproduce",
    """
    linrnn reproduce 4f0c
    linrnn reproduce --sweep 91ab --sample 5 --workers 2
    linrnn reproduce exported/ --json
    linrnn reproduce
    """,
)
@click.argument("run", type=RunId(or_folder=True), required=False, metavar="[RUN_ID | DIR]")
@click.option("--sweep", type=RunId(sweeps=True), metavar="ID", help="Reproduce all trials of a sweep.")
@click.option("--sample", type=click.IntRange(min=1), metavar="K", help="Only K of them, drawn anew each time.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="W", help="Worker processes.  [default: one a core]")
@click.option(
    "--tolerance",
    type=Number(0, 1),
    default=1e-3,
    show_default=True,
    metavar="X",
    help="Largest relative difference of a loss that is EQUIVALENT.",
)
def reproduce(
    shared: GlobalOptions, run: str | None, sweep: str | None, sample: int | None, workers: int | None, tolerance: float
) -> int:
    """Train a recorded trial again, from its record alone, and say whether it is the same, bit for bit.

    RUN_ID may be the first characters of an id, DIR a folder that linrnn export wrote; without either, it is the best
    trial of the last sweep. The record is verified first. The rerun is recorded, too, and the verdict on both runs.

    Exit codes: 0 IDENTICAL; 3 EQUIVALENT, other bits but every loss within the tolerance; 4 DIFFERENT; 6 the record
    is damaged.
    """
    if sweep and run:
        raise click.UsageError("name a run or a --sweep, not both")
    if not sweep and (sample or workers):
        raise click.UsageError("--sample and --workers go with --sweep")

    from experiments.cli.reproduction_text import (
        reproduction_json,
        reproductions_json,
        show_reproduction,
        show_reproductions,
    )
    from tracking.store.access import existing_store

    store = None if run and Path(run).is_dir() else existing_store(shared.store)
    if store and sweep:
        found = of_sweep(store, sweep, sample, workers, tolerance, shared.quiet)
        click.echo(json.dumps(reproductions_json(found))) if shared.as_json else show_reproductions(store, found)
        return max(each.code for each in found)
    one = of_one(store, run, tolerance, shared.quiet)
    click.echo(json.dumps(reproduction_json(one))) if shared.as_json else show_reproduction(store, one)
    return one.code


def of_one(store: Store | None, run: str | None, tolerance: float, quiet: bool) -> Reproduction:
    """The reproduction of the run, or of an exported one where there is no store; a bar over its evaluations."""
    from experiments.cli.progress_bar import progress_reporter
    from experiments.workflows.reproduce import best_of_last_sweep, reproduce_trial
    from tracking.runs.query import find_run
    from tracking.runs.verification import load_export, load_record

    if store is None:
        record = load_export(Path(run or "."))
    else:
        record = load_record(store, find_run(store, run)) if run else best_of_last_sweep(store)
    original = record.verify()
    with progress_reporter(len(original.history.evaluation_epochs), quiet, "evaluations") as told:
        return reproduce_trial(record, original, tolerance, store, told)


def of_sweep(
    store: Store, sweep: str, sample: int | None, workers: int | None, tolerance: float, quiet: bool
) -> list[Reproduction]:
    """The reproductions of a sweep's trials, or of some, on workers; a bar over them."""
    from experiments.cli.progress_bar import progress_reporter
    from experiments.search.executors import local_workers
    from experiments.workflows.reproduce import records_of_sweep, reproduce_trials

    records = records_of_sweep(store, sweep)
    drawn = random.sample(records, min(sample or len(records), len(records)))
    chosen = [record for record in records if record in drawn]
    trainers = local_workers(min(workers or os.cpu_count() or 1, len(chosen)))
    with progress_reporter(len(chosen), quiet) as told, trainers as executor:
        told.begin("reproducing")
        return reproduce_trials(chosen, tolerance, store, executor, told)
