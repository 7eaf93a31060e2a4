"""The metrics of a trial, from its config and curves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from linrnn.training.history import TrainingHistory
from linrnn.training.result import TrialResult
from tracking.schema import Metric
from tracking.search_settings import search_metrics

Point = tuple[str, float, int]  # metric, value, step


def trial_metrics(result: TrialResult) -> list[Point]:
    """Return the metrics of a trial: curves as medians over replicas, and its measures at the last step."""
    history, last = result.history, result.history.epoch
    milestones = result.config.training.milestones  # MLflow's rows cost time; curves.npz has every epoch
    rows = [k for k, epoch in enumerate(history.evaluation_epochs) if epoch in milestones]
    curves = {Metric.TRAIN_LOSS: history.median_train_loss, Metric.VAL_LOSS: history.median_val_loss}
    measures = {
        **loss_measures(history, result.test_loss),
        Metric.SECONDS: result.seconds,
        **search_metrics(result.config),
    }
    if 0 < history.objective < math.inf:
        measures[Metric.LOG_OBJECTIVE] = math.log10(history.objective)
    points = [(name, float(curve[k]), history.evaluation_epochs[k]) for name, curve in curves.items() for k in rows]
    return points + [(name, float(value), last) for name, value in measures.items()]


def loss_measures(history: TrainingHistory, test_loss: NDArray[np.float64] | None) -> dict[str, float]:
    """Return the measures of a trial that its validation and test losses decide, by the name of the metric."""
    measures: dict[str, float] = {
        Metric.OBJECTIVE: history.objective,
        Metric.BEST_VAL_LOSS: history.median_best_val_loss,
        Metric.FINAL_VAL_LOSS: float(history.median_val_loss[-1]),
        Metric.DIVERGED_REPLICAS: float(history.diverged.sum()),
    }
    return measures if test_loss is None else {**measures, Metric.TEST_LOSS: float(np.median(test_loss))}
