"""Records of sweeps built in memory, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.report.sweep_record import ConfirmationTrial, SearchTrial, SweepRecord
from experiments.search.sweep_config import assemble_config
from linrnn.analysis.nonlinearity_tests import NonlinearityTest, NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.training.trial_config import searchable_settings

TASK, TRIALS, REPLICAS, EPOCHS = "delay", 9, 6, 4
SCALES = {"linear": 0.02, "tanh": 0.3}  # of the losses


def build_record(models: tuple[str, ...] = tuple(SCALES), **settings: str) -> SweepRecord:
    """Return the record of a sweep; `settings` are given by underscores for dots, and therefore not searched."""
    given = {name.replace("__", "."): value for name, value in settings.items()}
    config = assemble_config({"task": TASK, **given}, models, {"sweep.trials": str(TRIALS), **given})
    random = np.random.default_rng(0)
    trials = [
        SearchTrial(
            run_id=f"{k:02d}{base.model.name}{'0' * 30}"[:32],
            model=base.model.name,
            number=k,
            outcome="pruned" if k == 2 else "complete",
            objective=(objective := SCALES[base.model.name] * float(random.uniform(1, 3))),
            best_val_loss=0.9 * objective,
            seconds=0.5,
            settings=build_settings(searchable_settings(base), given, random),
        )
        for base in config.bases
        for k in range(TRIALS)
    ]
    return SweepRecord(
        run_id="5" * 32,
        experiment="1",
        start_time=1e9,
        task=TASK,
        config=config,
        baselines=compute_baselines(TASKS[TASK](delay=5, length=60, sequences=2)),
        trials=trials,
        confirmations=[build_confirmation(model, random) for model in models],
        parameters=dict.fromkeys(models, 31),
        failures=["tanh 07: it failed"],
        environment={"python": "3"},
        notes=["predicted column: 'sales'"],
        nonlinearity_tests=NonlinearityTests(
            TASK, (NonlinearityTest("products", "products do not predict", 3.5, 0.001, "mean", 80),), 0.04
        ),
    )


def build_settings(space: Mapping[str, Any], given: Mapping[str, str], random: np.random.Generator) -> dict[str, float]:
    """Return a value of each setting: the given one, or one of its range."""
    values: dict[str, float] = {}
    for name, domain in space.items():
        low, high = domain.search
        value = float(np.exp(random.uniform(np.log(low), np.log(high))))
        values[name] = domain.parse(given[name]) if name in given else type(low)(value)
    return values


def build_confirmation(model: str, random: np.random.Generator) -> ConfirmationTrial:
    """Return a confirmation with curves and predictions."""
    losses = SCALES[model] * random.uniform(1, 2, (EPOCHS, REPLICAS))
    curves = {
        "evaluated": np.arange(1, EPOCHS + 1),
        "train_loss": losses,
        "val_loss": losses,
        "test_loss": losses.min(axis=0),
    }
    values = random.normal(size=(5, 1))
    predictions = Predictions(
        0, np.zeros(5, dtype=int), np.arange(5), values, values + 0.1, False, 2, values[:, 0], values[:, 0] + 0.2
    )
    return ConfirmationTrial(f"{model}{'c' * 30}"[:32], model, "complete", 1.5, 1, curves, predictions)
