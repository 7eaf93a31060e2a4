"""`linrnn sweep`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import (
    DRY_RUN,
    EPOCHS,
    MODELS_OPTION,
    NO_DIFF,
    REPLICAS,
    SEARCHES,
    SEED,
    SETTINGS,
    STUDIES,
    TASK,
    TRIALS,
    WORKERS,
    Number,
    expand_models,
    settings_text,
)
from experiments.cli.plan_text import show_plan
from experiments.cli.study_file import SUFFIX, read_study_file

if TYPE_CHECKING:
    from experiments.report.summary import SweepSummary
    from experiments.search.sweep_config import Sweep
    from tracking.store.access import Store


@command(
    "sweep",
    """
    linrnn sweep sine
    linrnn sweep sine xor --trials 10 --epochs 200
    linrnn sweep sine --models all --dry-run
    linrnn sweep delay --search model.init --search model.num_layers
    linrnn sweep sunspots --model linear --set training.clip_norm=inf --json
    linrnn sweep data.csv --set task.column=sales --set task.horizon=12
    linrnn sweep study.toml
    """,
)
@click.argument("tasks", nargs=-1, required=True, type=TASK, metavar="TASK...")
@MODELS_OPTION
@SEARCHES
@TRIALS
@REPLICAS
@EPOCHS
@WORKERS
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Train on the workers of this Dask scheduler, such as tcp://host:8786.  [default: none]",
)
@STUDIES
@click.option("--fresh", is_flag=True, help="Start a new sweep instead of resuming or showing the recorded one.")
@DRY_RUN
@click.option("--no-pruning", is_flag=True, help="Train every trial for all epochs.")
@click.option(
    "--patience",
    type=Number(0, 86400),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a server that does not answer.",
)
@SEED
@SETTINGS
@NO_DIFF
def sweep(
    options: GlobalOptions,
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    searches: tuple[str, ...],
    trials: str | None,
    replicas: str | None,
    epochs: str | None,
    workers: int | None,
    cluster: str | None,
    studies: str | None,
    fresh: bool,
    dry_run: bool,
    no_pruning: bool,
    patience: float,
    seed: str | None,
    settings: tuple[str, ...],
) -> None:
    """Compare model types on each task: search, confirm, verdict.

    TASK is a name that `linrnn tasks` lists, or a file: .csv, .tsv, .txt (also .gz), .xlsx, .parquet, .feather,
    .json, .npy or .npz, or - for standard input. A file study.toml names tasks, models, trials, epochs, replicas, seed
    and, in a table [set], settings; options on the command line replace what it says.

    Each model type has an Optuna study with the same number of trials. The best config of each study is trained again
    on fresh seeds (the confirmation: 20 replicas), and only then is the test split read. Settings that --set gives
    are not searched, those that --search names are; `linrnn settings` lists their ranges. Baselines and bounds are
    computed before anything is trained. The verdict is whether the nonlinearity is needed.

    The same command again resumes a sweep that was interrupted, or shows its result; with more --trials it adds
    trials to its studies.
    """
    from experiments.search.sweep_config import prepare_sweep

    text = settings_text(
        settings,
        {
            "sweep.trials": trials,
            "sweep.pruner": "none" if no_pruning else None,
            "training.replicas": replicas,
            "training.epochs": epochs,
            "seed": seed,
        },
    )
    if any(task.endswith(SUFFIX) for task in tasks):
        if len(tasks) > 1:
            raise click.UsageError(f"a study file names all tasks: leave out {', '.join(tasks[1:])}")
        study = read_study_file(Path(tasks[0]))
        tasks, models, text = study.tasks, models or study.models, {**study.text, **text}
    sweeps = [prepare_sweep(task, expand_models(models), text, searches) for task in dict.fromkeys(tasks)]
    if dry_run:
        return show_plan(sweeps, workers, options.json)
    store, summaries = sweep_all(options, sweeps, workers, cluster, studies, fresh, patience)

    from experiments.report.summary import require_confirmations

    if options.json:
        from experiments.report.serialization import sweeps_json

        print_json(sweeps_json(summaries))
    else:
        from experiments.cli.text import show_sweeps

        show_sweeps(store, summaries)
    require_confirmations(summaries)


def sweep_all(
    options: GlobalOptions,
    sweeps: list[Sweep],
    workers: int | None,
    cluster: str | None = None,
    studies: str | None = None,
    fresh: bool = False,
    patience: float = 300.0,
) -> tuple[Store, list[SweepSummary]]:
    """Run sweeps on workers of this machine or of a cluster, with progress over all their trials."""
    from experiments.cli.notes import print_question
    from experiments.cli.progress_bar import progress_reporter
    from experiments.search.executors import cluster_workers, local_workers
    from experiments.search.sweep_config import total_trials
    from experiments.workflows.interrupts import add_resume_hint
    from linrnn.training.trial_config import require_device

    require_device(sweeps[0].config.bases[0].training)
    for each in sweeps:
        print_question(each.data.task)
    executors = cluster_workers(cluster) if cluster else local_workers(workers or os.cpu_count() or 1)
    total = total_trials([each.config for each in sweeps])
    with (
        progress_reporter(total, options.quiet, verbose=options.verbose) as progress,
        executors as executor,
        add_resume_hint(),
    ):
        from experiments.workflows.sweep import run_sweeps  # the libraries of the stores load while the workers start
        from tracking.store.access import open_store

        if not cluster:
            from experiments.workflows.memory_check import require_memory

            require_memory(sweeps, workers or os.cpu_count() or 1)
        store = open_store(options.store, studies)
        return store, run_sweeps(sweeps, store, executor, progress, fresh, patience)
