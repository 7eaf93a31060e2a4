"""The reference stack: a sweep written directly with Optuna and MLflow, timed in part and extrapolated.

Optuna calls an objective, which trains one replica after another by the loop over time and logs the loss of every
epoch with MLflow; both use SQLite.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import mlflow
import optuna

from experiments.benchmark.shapes import Shape, problem
from experiments.benchmark.sides import loop
from experiments.benchmark.timer import Spread, spread
from tracking.store.access import Store

HIDDEN_SIZES = (2, 6, 19, 64)  # the search range of a sweep, evenly spaced on a logarithmic scale
EPOCHS_TIMED = 40


class Parts(NamedTuple):
    """Parts of the stack's time, in ms: an epoch of a replica, a logged metric, the rest of a trial."""

    epoch: Spread
    log: Spread
    rest: Spread

    def seconds(self, trials: int, replicas: int, epochs: int) -> float:
        """Return the extrapolated time of a search, in seconds."""
        return trials * (self.rest.median + replicas * epochs * (self.epoch.median + self.log.median)) / 1000


def parts(store: Store, models: Sequence[str], epochs: int = EPOCHS_TIMED) -> Parts:
    """Time one trial of one replica and a few epochs at each hidden size, with each model type."""
    mlflow.set_tracking_uri(store.tracking_uri)
    mlflow.set_experiment("stack")
    epoch_times: list[float] = []
    log_times: list[float] = []
    trial_times: list[float] = []

    def objective(trial: optuna.Trial) -> float:
        model = str(trial.study.study_name)
        hidden_size = trial.suggest_int("hidden_size", 2, 64, log=True)
        learning_rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        with mlflow.start_run():
            mlflow.log_params(trial.params)
            instance = problem(Shape(model, T=99, B=1, H=hidden_size, S=1))
            training = replace(instance.config.training, learning_rate=learning_rate)
            train = loop(instance._replace(config=replace(instance.config, training=training)))
            for epoch in range(epochs):
                start = time.perf_counter()
                (loss,) = train(1)
                middle = time.perf_counter()
                mlflow.log_metric("loss", loss, step=epoch)
                epoch_times.append(middle - start)
                log_times.append(time.perf_counter() - middle)
        return float(loss)

    for model in models:
        study = optuna.create_study(storage=store.studies_url, study_name=model)
        for hidden_size in HIDDEN_SIZES:
            study.enqueue_trial({"hidden_size": hidden_size})
            start = time.perf_counter()
            study.optimize(objective, n_trials=1)
            inside = sum(epoch_times[-epochs:]) + sum(log_times[-epochs:])
            trial_times.append(time.perf_counter() - start - inside)
    return Parts(*(spread([1000 * value for value in values]) for values in (epoch_times, log_times, trial_times)))
