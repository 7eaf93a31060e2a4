"""`linrnn reproduce`."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import NO_DIFF, WORKERS, Number, RunId

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
@click.option("--sweep", type=RunId(sweeps=True), metavar="ID", help="Reproduce the trials of this sweep.")
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="K", help="Only K random trials of the sweep.  [default: all]"
)
@WORKERS
@NO_DIFF
@click.option(
    "--tolerance",
    type=Number(0, 1),
    default=1e-3,
    show_default=True,
    metavar="X",
    help="Largest relative difference of losses that are EQUIVALENT.",
)
def reproduce(
    options: GlobalOptions,
    run: str | None,
    sweep: str | None,
    sample: int | None,
    workers: int | None,
    tolerance: float,
) -> int:
    """Train a recorded trial again and compare bit for bit.

    RUN_ID may be the first characters of an id; DIR is a folder that `linrnn export` wrote. Without either, the best
    trial of the last sweep. The files of the record are verified first. The new run and the result are recorded as
    well.

    Exit codes: 0 IDENTICAL; 3 EQUIVALENT: other bits, but every loss within the tolerance; 4 DIFFERENT; 6 the record
    is damaged.
    """
    if "" in (run, sweep):
        raise click.UsageError("the run has no name: name one, or leave it out for the best trial of the last sweep")
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
    from tracking.store.access import changeable_store

    store = None if run and Path(run).is_dir() else changeable_store(options.store)
    if store and sweep:
        reproductions = reproduce_sweep(store, sweep, sample, workers, tolerance, options)
        if options.json:
            print_json(reproductions_json(reproductions))
        else:
            show_reproductions(store, reproductions)
        return max(each.code for each in reproductions)
    reproduction = reproduce_run(store, run, tolerance, options)
    print_json(reproduction_json(reproduction)) if options.json else show_reproduction(store, reproduction)
    return reproduction.code


def reproduce_run(store: Store | None, run: str | None, tolerance: float, options: GlobalOptions) -> Reproduction:
    """Reproduce a run, or an exported run if there is no store, with progress over its evaluations."""
    from experiments.cli.progress_bar import progress_reporter
    from experiments.workflows.reproduce import best_of_last_sweep, reproduce_trial
    from tracking.runs.run_reference import find_run
    from tracking.runs.verification import load_export, load_record

    if store is None:
        record = load_export(Path(run or "."))
    else:
        record = load_record(store, find_run(store, run)) if run else best_of_last_sweep(store)
    original = record.verify()
    evaluations = len(original.history.evaluation_epochs)
    with progress_reporter(evaluations, options.quiet, "evaluations", options.verbose) as progress:
        return reproduce_trial(record, original, tolerance, store, progress)


def reproduce_sweep(
    store: Store, sweep: str, sample: int | None, workers: int | None, tolerance: float, options: GlobalOptions
) -> list[Reproduction]:
    """Reproduce the trials of a sweep, or a random sample of them, on workers, with progress over the trials."""
    from experiments.cli.progress_bar import progress_reporter
    from experiments.search.executors import local_workers
    from experiments.workflows.reproduce import records_of_sweep, reproduce_trials

    records = records_of_sweep(store, sweep)
    chosen = sorted(random.sample(range(len(records)), min(sample or len(records), len(records))))
    trainers = local_workers(min(workers or os.cpu_count() or 1, len(chosen)))
    with progress_reporter(len(chosen), options.quiet, verbose=options.verbose) as progress, trainers as executor:
        progress.start("reproducing")
        return reproduce_trials([records[k] for k in chosen], tolerance, store, executor, progress)
