"""`linrnn train`."""

from __future__ import annotations

from dataclasses import replace

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import EPOCHS, MODEL, NO_DIFF, REPLICAS, SEED, SETTINGS, TASK, settings_text
from linrnn.models import MODELS


@command(
    "train",
    """
    linrnn train sine --model linear
    linrnn train sine --model tanh --set model.hidden_size=10 --seed 1
    linrnn train xor --model tanh --epochs 500 --json
    """,
)
@click.argument("task", type=TASK, metavar="TASK")
@click.option("--model", required=True, type=MODEL, help=f"Model type: {', '.join(MODELS)}.")
@REPLICAS
@EPOCHS
@SEED
@SETTINGS
@NO_DIFF
def train(
    options: GlobalOptions,
    task: str,
    model: str,
    replicas: str | None,
    epochs: str | None,
    seed: str | None,
    settings: tuple[str, ...],
) -> None:
    """Train one config, compute its test loss, and record it.

    TASK is a name that `linrnn tasks` lists, or a file: .csv, .tsv, .txt (also .gz), .xlsx, .parquet, .feather,
    .json, .npy or .npz, or - for standard input. All settings that --set does not give have their defaults.
    """
    from experiments.cli.notes import print_question
    from experiments.search.search_space import describe_values
    from experiments.search.sweep_config import task_text
    from linrnn.training.trial_config import from_text, require_device

    shorthands = {"training.replicas": replicas, "training.epochs": epochs, "seed": seed}
    config = from_text({"model": model, **task_text(task, settings_text(settings, shorthands))})
    require_device(config.training)
    data = config.task.load()  # raises an error before a store is created
    config = replace(config, task=data.task)
    print_question(config.task)

    from experiments.cli.progress_bar import progress_reporter
    from experiments.cli.text import show_trial, trial_json
    from experiments.report.trial_artifacts import trial_artifacts
    from experiments.workflows.memory_check import require_trial_memory
    from experiments.workflows.trial import attach_data_files, run_trial
    from linrnn.baseline.baselines import compute_baselines
    from tracking.runs.writer import record_trial
    from tracking.schema import Phase, Tag
    from tracking.store.access import open_store
    from tracking.store.locks import SINGLE

    require_trial_memory(config, data.splits)
    store = open_store(options.store)
    evaluations = min(config.training.evaluations, config.training.epochs)
    with progress_reporter(evaluations, options.quiet, "evaluations", options.verbose) as progress:
        progress.start(config.task.label)
        baselines = compute_baselines(config.task, data.splits)
        result = run_trial(config, artifacts=trial_artifacts, baselines=baselines, test=True, progress=progress)
        result = attach_data_files(result, data)
    with store.lock([SINGLE], wait=60):
        run_id = record_trial(store, result, f"{model} {describe_values(config)}", {Tag.PHASE: Phase.SINGLE})
    if options.json:
        print_json(trial_json(result, run_id))
    else:
        show_trial(store, result, run_id)
