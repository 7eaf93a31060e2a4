"""Characterisation of a recorded trial: its networks as dynamical systems, written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.report.characterisation_table import export_file
from experiments.report.figures.characterisation_figures import characterisation_figures
from experiments.report.html import figure_files
from experiments.report.replica_characterisation import characterise_replicas
from experiments.workflows.network_choice import NetworkChoice
from experiments.workflows.trial import load_recorded_data
from linrnn.analysis.characterisation import Characterisation
from tracking.runs.reader import read_trial
from tracking.runs.verification import TrialRecord
from tracking.runs.writer import write_files
from tracking.schema import SYSTEMS
from tracking.store.access import Store


class TrialSystems(NamedTuple):
    """A recorded trial, and some of its replicas as dynamical systems, with the lowest validation loss of each."""

    record: TrialRecord
    replicas: Sequence[Characterisation]
    val_losses: Sequence[float]


def characterise_trial(choice: NetworkChoice, every: bool = False) -> TrialSystems:
    """Characterise a replica of a recorded trial, or all that have not diverged.

    Parameters
    ----------
    choice : NetworkChoice
        The trial and its replica.
    every : bool
        Whether to characterise all replicas.

    Returns
    -------
    TrialSystems

    Raises
    ------
    DataError
        If the user's file is missing and the record has no copy.
    """
    record, result = choice.record, choice.result
    losses = result.history.best_val_loss
    replicas = np.flatnonzero(np.isfinite(losses)).tolist() if every else [choice.replica]
    splits = load_recorded_data(result.config, record.copy).splits
    baselines = record.baselines()
    lags = baselines.linear_lags if baselines else None
    return TrialSystems(record, characterise_replicas(result, splits, replicas, lags), losses[replicas].tolist())


def characterisation_files(trial: TrialSystems) -> dict[str, bytes]:
    """Return the figures of a characterised trial as PNG and CSV and, of one replica, its numbers, by file name."""
    files = figure_files(characterisation_figures(trial.replicas))
    if len(trial.replicas) > 1:
        return files
    return {**files, "system.npz": export_file(trial.replicas[0], ".npz")}


def record_characterisation(store: Store, trial: TrialSystems, files: dict[str, bytes], every: bool) -> None:
    """Write these files as artifacts of the run, in the folder of its systems."""
    label = "all" if every else f"replica-{trial.replicas[0].replica}"
    info = read_trial(store, trial.record.run_id).info
    with store.write_errors():
        write_files(store, info, {f"{SYSTEMS}/{label}-{name}": content for name, content in files.items()})
