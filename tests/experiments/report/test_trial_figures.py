"""The learning curves of a trial: one figure of the process is drawn again for each trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.report.figures.trial_figures import empty_axes, learning_curves
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import from_text


@pytest.fixture(scope="module")
def trial() -> TrialResult:
    """A trial of two replicas."""
    return run_trial(from_text({"task": "sine", "model": "tanh", "training.epochs": "30", "training.replicas": "2"}))


def test_a_figure_does_not_depend_on_those_drawn_before(trial: TrialResult) -> None:
    baselines, history = compute_baselines(TASKS["sine"]()), trial.history
    others = [
        trial,
        replace(trial, history=replace(history, val_loss=1e9 * history.val_loss, train_loss=history.train_loss / 1e9)),
        replace(trial, history=replace(history, val_loss=1.0001 + 0 * history.val_loss)),
        replace(trial, history=replace(history, val_loss=np.inf * history.val_loss, train_loss=0 * history.train_loss)),
    ]
    again = [learning_curves(other, baselines) for other in others]
    fresh = []
    for other in reversed(others):
        empty_axes.cache_clear()
        fresh.append(learning_curves(other, baselines))
    assert again == fresh[::-1]
    assert len(set(again)) == len(others)


def test_baselines_leave_no_trace(trial: TrialResult) -> None:
    bare = learning_curves(trial)
    assert learning_curves(trial, compute_baselines(TASKS["sine"]())) != bare
    assert learning_curves(trial) == bare
