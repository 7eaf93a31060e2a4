"""Errors of a sweep's confirmed networks on further test records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from experiments.report.summary import SweepSummary
from linrnn.analysis.statistics import median_replica
from linrnn.data.sequences import Sequences
from tracking.runs.run_reference import find_run
from tracking.runs.verification import load_record
from tracking.store.access import Store


class ReplicaLosses(NamedTuple):
    """Normalized losses of the replica of the median loss, and of the one of the lowest validation loss."""

    median: float
    best: float


def measure_networks(
    store: Store, summary: SweepSummary, records: Sequence[Sequences]
) -> Mapping[str, list[ReplicaLosses]]:
    """Return the losses of the confirmed networks of each model type on each test record."""
    return {each.model: measure_confirmation(store, each.run_id, records) for each in summary.confirmations}


def measure_confirmation(store: Store, run_id: str, records: Sequence[Sequences]) -> list[ReplicaLosses]:
    """Return the losses of a confirmation's networks, at their lowest validation loss, on each test record."""
    from linrnn.training.evaluation import evaluate

    run = find_run(store, run_id)
    result = load_record(store, run).load()
    history, model = result.history, result.config.model
    best = int(np.argmin(history.best_val_loss))
    losses = [evaluate(model, history.shapes, history.best_weights, record) for record in records]
    return [ReplicaLosses(float(each[median_replica(each)]), float(each[best])) for each in losses]
