"""What an experiment says of itself in the MLflow UI: its saved views, and in its description where to look."""

from __future__ import annotations

from tracking.mlflow_ui.views import (
    CHARTS,
    MODELS,
    REPRODUCTIONS,
    TRIALS,
    VERDICTS,
    view_address,
    views,
    views_of_sweeps,
)

NOTE = "mlflow.note.content"  # a description, markdown


def task_experiment_tags(task: str, experiment: str) -> dict[str, str]:
    """The tags of a task's experiment, whose id its description links by."""
    return {**views(), NOTE: describe_task(task, experiment)}


def sweeps_experiment_tags(experiment: str) -> dict[str, str]:
    """The tags of the experiment that holds the sweeps."""
    return {**views_of_sweeps(), NOTE: describe_sweeps(experiment)}


def describe_task(task: str, experiment: str) -> str:
    """Of the trials of one task; the UI shows the first line of it, and the rest on demand."""
    link = {key: view_address(experiment, key) for key in (CHARTS, MODELS, TRIALS, REPRODUCTIONS)}
    return f"""\
Trials of **{task}**: [charts of all model types]({link[CHARTS]}), [model types, averaged]({link[MODELS]}), \
[trials, the best first]({link[TRIALS]}), [reproductions]({link[REPRODUCTIONS]}).

One run a trial. The charts show the losses by epoch, and what hidden size and learning rate do to them. A filter such \
as `params.model = 'linear'` narrows them down; two runs that are ticked can be compared; a run's page has its curves, \
and a plot of them among its artifacts.

Losses are medians over a trial's replicas; 1 is the best constant's. `test_loss` is there for confirmations (the best \
config of each model type, on fresh seeds) and for single trials alone. The verdict is in the experiment `sweeps`.
"""


def describe_sweeps(experiment: str) -> str:
    """Of all sweeps."""
    return f"""\
One run a sweep: does the linear network suffice? [Verdicts and floors]({view_address(experiment, VERDICTS)}).

Open a run for its description, which has the table of losses behind the verdict, and for its figures among the \
artifacts. `floor_linear` is a loss that no linear predictor goes below. The trials of a sweep are in the experiment \
of its task.
"""
