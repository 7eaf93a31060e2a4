"""The figures and tables that are recorded with each trial."""

from __future__ import annotations

import math

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

MOST_UNITS = 128  # of a layer of a network that is characterised with its trial: larger ones take seconds


def trial_artifacts(result: TrialResult, splits: Splits, baselines: Baselines | None) -> dict[str, bytes]:
    """Return the artifacts of a trial by name: learning curves, baselines and, if tested, predictions."""
    from experiments.report.figures.trial_figures import learning_curves  # imports matplotlib, which workers need

    return {
        Artifact.CURVES_FIGURE: learning_curves(result, baselines),
        **({Artifact.BASELINES: baselines_file(baselines)} if baselines else {}),
        **(evaluation_artifacts(result, splits) if result.test_loss is not None else {}),
        **(characterisation_artifact(result, splits, baselines) if result.test_loss is not None else {}),
    }


def evaluation_artifacts(result: TrialResult, splits: Splits) -> dict[str, bytes]:
    """Return what was measured on the test split: step losses of all replicas, predictions of one."""
    from linrnn.training.evaluation import evaluate_steps

    model, history = result.config.model, result.history
    steps = evaluate_steps(model, history.shapes, history.best_weights, splits.test)
    return {Artifact.STEP_LOSSES: step_losses_file({model.name: steps}), **prediction_artifacts(result, splits)}


def characterisation_artifact(result: TrialResult, splits: Splits, baselines: Baselines | None) -> dict[str, bytes]:
    """Return the best replica as a dynamical system; none if all diverged, or if it has very many states."""
    from experiments.report.replica_characterisation import best_replica, characterise_replicas

    replica, lags = best_replica(result.history), baselines.linear_lags if baselines else None
    if replica is None or result.config.model.hidden_size > MOST_UNITS:
        return {}
    (characterisation,) = characterise_replicas(result, splits, [replica], lags)
    return {Artifact.CHARACTERISATION: characterisation_file(characterisation)}


def prediction_artifacts(result: TrialResult, splits: Splits) -> dict[str, bytes]:
    """Return the predictions of the replica of the median test loss, as numbers and figures; none if it diverged."""
    from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
    from linrnn.analysis.predictions import predict_test_split
    from linrnn.analysis.residual_tests import check_predictions
    from linrnn.analysis.series_units import read_units

    if not math.isfinite(np.median(result.test_losses)):
        return {}
    predictions = predict_test_split(result.config, result.history, splits, result.test_losses)
    by_model = {result.config.model.name: predictions}
    units = read_units(result.config.task)
    figures = [draw(by_model, units) for draw in (prediction_figure, closed_loop_figure)]
    tests = check_predictions(predictions, splits.test, result.config.task.forecast_span)
    files: dict[str, bytes] = {} if tests is None else {Artifact.RESIDUAL_TESTS: nonlinearity_tests_file(tests)}
    return {
        Artifact.PREDICTIONS: predictions_file(predictions),
        **files,
        **{f"{each.name}.png": each.png() for each in figures if each.table.rows},
    }
