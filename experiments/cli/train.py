"""`linrnn train`."""

from __future__ import annotations

import json

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import EPOCHS, MODEL, REPLICAS, SEED, SETTINGS, TASK, settings_text
from linrnn.models import MODELS


@command(
    "train",
    """
    linrnn train sine --model linear
    linrnn train sine --model tanh --set model.hidden_size=10 --set training.learning_rate=0.01
    linrnn train xor --model tanh --epochs 1000 --json
    """,
)
@click.argument("task", type=TASK, metavar="TASK")
@click.option("--model", required=True, type=MODEL, help=f"The model type: {', '.join(MODELS)}.")
@REPLICAS
@EPOCHS
@SEED
@SETTINGS
def train(
    shared: GlobalOptions,
    task: str,
    model: str,
    replicas: str | None,
    epochs: str | None,
    seed: str | None,
    settings: tuple[str, ...],
) -> None:
    """Train one config, read its test loss, and record it as one run.

    TASK is one that `linrnn tasks` lists, or the path of a .csv, .tsv, .txt or .npz file.
    """
    from experiments.cli.notes import print_notes
    from experiments.search.sweep_config import describe_searched_settings, task_text
    from linrnn.training.trial_config import from_text, require_device

    shorthands = {"training.replicas": replicas, "training.epochs": epochs, "seed": seed}
    config = from_text({"model": model, **task_text(task, settings_text(settings, shorthands))})
    require_device(config.training)
    config = config.loaded()
    config.task.splits()  # refused before a store is made, where they cannot be had
    print_notes(config.task)

    from experiments.cli.progress_bar import progress_reporter
    from experiments.cli.text import show_trial, trial_json
    from experiments.workflows.trial import run_trial
    from linrnn.baseline.baselines import compute_baselines
    from tracking.runs.writer import record_trial
    from tracking.schema import Phase, Tag
    from tracking.store.access import open_store
    from tracking.store.locks import SINGLE

    store = open_store(shared.store)
    with progress_reporter(
        min(config.training.evaluations, config.training.epochs), shared.quiet, "evaluations"
    ) as told:
        told.begin(config.task.label)
        trained = run_trial(config, test=True, watch=told, floors=compute_baselines(config.task))
    with store.lock([SINGLE], wait=60):
        run_id = record_trial(
            store, trained, f"{model} {describe_searched_settings(config)}", {Tag.PHASE: Phase.SINGLE}
        )
    if shared.as_json:
        click.echo(json.dumps(trial_json(trained, run_id)))
    else:
        show_trial(store, trained, run_id)
