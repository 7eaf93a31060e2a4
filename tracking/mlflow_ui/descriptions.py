"""Descriptions of the experiments in the MLflow UI, in Markdown, with links to their saved views."""

from __future__ import annotations

from tracking.mlflow_ui.views import CHARTS, MODEL_TYPES, REPRODUCTIONS, TRIALS, VERDICTS, view_address
from tracking.schema import MODEL, SWEEPS, Artifact, Metric

CLAIMS_DESCRIPTION = f"""\
Its run holds what `linrnn claims` has measured: claims about linear recurrent networks with their verdicts, as its \
description, as `{Artifact.CLAIMS}` and as figures. The trials that are the evidence are in the experiments of their \
tasks, with this run as their parent.
"""


def describe_task(task: str, experiment_id: str) -> str:
    """Return the description of a task's experiment; the UI shows its first line, and the rest on demand."""
    link = {key: view_address(experiment_id, key) for key in (CHARTS, MODEL_TYPES, TRIALS, REPRODUCTIONS)}
    return f"""\
Trials of **{task}**: [charts of all model types]({link[CHARTS]}), [confirmations by model type]({link[MODEL_TYPES]}), \
[trials, best first]({link[TRIALS]}), [reproductions]({link[REPRODUCTIONS]}).

Each run is a trial. The charts show its losses by epoch and by the settings that were searched. A filter such as \
`params.{MODEL} = 'linear'` selects one model type; selected runs can be compared; the page of a run shows its \
curves, and a plot of them among its artifacts.

Losses are normalized: 1 is the loss of the best constant predictor. The metrics are medians over the replicas of a \
trial. Confirmations (the best config of each model type, trained again on fresh seeds), single trials and the \
evidence for claims have a `{Metric.TEST_LOSS}`: a search never uses the test split. The verdict is in the \
experiment `{SWEEPS}`.
"""


def describe_sweeps(experiment_id: str) -> str:
    """Return the description of the experiment that holds the sweeps."""
    return f"""\
Each run is a sweep: does the linear network suffice? [Verdicts, baselines and bounds]\
({view_address(experiment_id, VERDICTS)}).

The description of a run shows its verdict and the losses behind it; its figures and its report are among its \
artifacts. `{Metric.BASELINE_NAIVE}`, `{Metric.BASELINE_LINEAR}` and `{Metric.BASELINE_NONLINEAR}` are test losses of \
predictors that are no networks; they are estimates, which a network can beat. `{Metric.BOUND_NOISE}` and \
`{Metric.BOUND_ANALYTIC}` are proved bounds, for all predictors and for linear ones, where they are known. The trials \
of a sweep are in the experiment of its task.
"""
