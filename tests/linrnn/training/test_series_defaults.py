"""With the defaults of a user's series, linear networks on short linear series stay near the best linear predictor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linrnn.baseline.baselines import compute_baselines
from linrnn.models.model import unflatten
from linrnn.processes.process_draws import draw_series
from linrnn.tasks.memory_series import make_series
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import from_text

NETWORK = {"model": "linear", "model.hidden_size": "16", "training.learning_rate": "0.012"}


@pytest.mark.parametrize("number", [16, 36])
def test_few_linear_networks_are_unstable(number: int) -> None:
    task = make_series(draw_series(7, number, 300).values)
    text = {"task": "series", "task.file": task.file, "task.sha256": task.sha256, **NETWORK}
    config, splits = replace(from_text(text), task=task), task.splits()
    *_, history = train(config, splits)
    W = unflatten(history.best_weights, history.shapes)["W"]
    radii = np.abs(np.linalg.eigvals(W)).max(axis=1)
    losses = evaluate_test_split(config, history, splits)
    assert (radii > 1).mean() <= 0.1
    assert np.quantile(losses, 0.75) <= 1.1 * compute_baselines(task, splits).linear
