"""`linrnn characterise`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output_path import OUTPUT_FILE, OUTPUT_FOLDER
from experiments.cli.parameters import RunId


@command(
    "characterise",
    """
    linrnn characterise sine
    linrnn characterise 4f0c --replica 3 -o figures
    linrnn characterise 4f0c --all
    linrnn characterise 4f0c --export system.mat
    """,
)
@click.argument("run", type=RunId(or_task=True), metavar="RUN_ID|TASK")
@click.option(
    "--replica", type=click.IntRange(0), metavar="K", help="Replica, from 0.  [default: the best by val loss]"
)
@click.option("--all", "every", is_flag=True, help="All replicas that have not diverged, with their spread.")
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FOLDER,
    metavar="FOLDER",
    help="Folder that also gets the figures, each with its numbers as CSV.  [default: none]",
)
@click.option(
    "--export",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="File, .npz or .mat, that also gets the system: A, B, C, D, dt, responses.  [default: none]",
)
def characterise(
    options: GlobalOptions, run: str, replica: int | None, every: bool, output: Path | None, export: Path | None
) -> None:
    """Describe a trained network as a dynamical system.

    RUN_ID is the run of a trial, or its first characters; TASK stands for the task's best linear run.

    A linear network (linear, lru, almost-linear without nonlinear units) is a linear system: poles, responses, Hankel
    singular values, memory. So is the recurrence of linear-mlp, up to its readout. Any other network is described
    by its linearization at a fixed point, by the linear system that is closest to it on the task's inputs, and by how
    far it is from superposition. The figures become artifacts of the run.
    """
    from experiments.cli.characterisation_text import check_options, print_characterisation
    from experiments.report.characterisation_table import export_file
    from experiments.workflows.characterise import (
        characterisation_files,
        characterise_trial,
        record_characterisation,
    )
    from experiments.workflows.network_choice import choose_network
    from tracking.store.access import existing_store
    from tracking.store.disk import write_file, write_folder

    check_options(replica, every, export)
    store = existing_store(options.store)
    trial = characterise_trial(choose_network(store, run, replica), every)
    files = characterisation_files(trial)
    if export:
        write_file(export, export_file(trial.replicas[0], export.suffix))
    if output:
        write_folder(output, files)
    record_characterisation(store, trial, files, every)
    print_characterisation(trial, options.json)
