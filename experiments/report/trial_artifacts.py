"""The figures and tables that are recorded with each trial."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from linrnn.baseline.baselines import Baselines
from linrnn.data.sequences import Splits
from linrnn.training.result import TrialResult
from tracking.runs.artifacts import (
    baselines_file,
    characterisation_file,
    nonlinearity_tests_file,
    predictions_file,
    step_losses_file,
)
from tracking.schema import Artifact

if TYPE_CHECKING:
    from linrnn.analysis.predictions import Predictions

MOST_UNITS = 128  # of a layer of a network that is characterised with its trial: larger ones take seconds


def trial_artifacts(result: TrialResult, splits: Splits, baselines: Baselines | None) -> dict[str, bytes]:
    """Return the artifacts of a trial by name: learning curves, baselines and, if tested, all of the test split."""
    from experiments.report.figures.trial_figures import learning_curves  # imports matplotlib, which workers need

    files = {Artifact.CURVES_FIGURE: learning_curves(result, baselines), **baselines_artifact(baselines)}
    if result.test_loss is None:
        return files
    predictions = median_predictions(result, splits)
    return {
        **files,
        **evaluation_artifacts(result, splits, predictions),
        **(prediction_figures(result, predictions) if predictions else {}),
        **characterisation_artifact(result, splits, baselines),
    }


def trial_numbers(result: TrialResult, splits: Splits, baselines: Baselines | None) -> dict[str, bytes]:
    """Return the artifacts of a trial that a verdict needs: the baselines and, if tested, what the test split shows."""
    files = baselines_artifact(baselines)
    if result.test_loss is None:
        return files
    return {**files, **evaluation_artifacts(result, splits, median_predictions(result, splits))}


def baselines_artifact(baselines: Baselines | None) -> dict[str, bytes]:
    """Return the baselines of a task as a file; none if they are not known."""
    return {Artifact.BASELINES: baselines_file(baselines)} if baselines else {}


def evaluation_artifacts(result: TrialResult, splits: Splits, predictions: Predictions | None) -> dict[str, bytes]:
    """Return what was measured on the test split: step losses of all replicas, predictions of one, its residuals."""
    from linrnn.analysis.residual_tests import check_predictions
    from linrnn.training.evaluation import evaluate_steps

    model, history = result.config.model, result.history
    steps = evaluate_steps(model, history.shapes, history.best_weights, splits.test)
    files: dict[str, bytes] = {Artifact.STEP_LOSSES: step_losses_file({model.name: steps}, splits.test.step_count)}
    if predictions is None:
        return files
    tests = check_predictions(predictions, splits.test, result.config.task.forecast_span)
    residuals: dict[str, bytes] = {} if tests is None else {Artifact.RESIDUAL_TESTS: nonlinearity_tests_file(tests)}
    return {**files, Artifact.PREDICTIONS: predictions_file(predictions), **residuals}


def median_predictions(result: TrialResult, splits: Splits) -> Predictions | None:
    """Return the predictions of the replica of the median test loss; None if it diverged."""
    from linrnn.analysis.predictions import predict_test_split

    if not math.isfinite(np.median(result.test_losses)):
        return None
    return predict_test_split(result.config, result.history, splits, result.test_losses)


def characterisation_artifact(result: TrialResult, splits: Splits, baselines: Baselines | None) -> dict[str, bytes]:
    """Return the best replica as a dynamical system; none if all diverged, or if it has very many states."""
    from experiments.report.replica_characterisation import best_replica, characterise_replicas

    replica, lags = best_replica(result.history), baselines.linear_lags if baselines else None
    if replica is None or result.config.model.hidden_size > MOST_UNITS:
        return {}
    (characterisation,) = characterise_replicas(result, splits, [replica], lags)
    return {Artifact.CHARACTERISATION: characterisation_file(characterisation)}


def prediction_figures(result: TrialResult, predictions: Predictions) -> dict[str, bytes]:
    """Return the figures of the predictions of a trial."""
    from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
    from linrnn.analysis.series_units import read_units

    by_model, units = {result.config.model.name: predictions}, read_units(result.config.task)
    figures = [draw(by_model, units) for draw in (prediction_figure, closed_loop_figure)]
    return {f"{each.name}.png": each.png() for each in figures if each.table.rows}
