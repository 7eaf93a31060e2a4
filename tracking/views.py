"""Saved views of an experiment in the MLflow UI, whose list of runs shows neither params nor metrics without one.

The UI keeps a view as a tag of the experiment: its name, and its state as JSON.
"""

from __future__ import annotations

import json
from typing import Any

TRIALS, REPRODUCTIONS = "trials", "reproductions"
PREFIX = "mlflow.sharedViewState."
CONFIG = ("params.`model`", "params.`model.hidden_size`", "params.`training.learning_rate`")
LOSSES = ("metrics.`best_val_loss`", "metrics.`test_loss`")


def views() -> dict[str, str]:
    """The tags of a task's experiment."""
    trials = {
        "searchFilter": "tags.phase != 'reproduction'",
        "selectedColumns": [*CONFIG, *LOSSES, "tags.`outcome`", "tags.`reproduced`"],
        "orderByKey": "metrics.`best_val_loss`",
        "orderByAsc": True,
    }
    reproductions = {
        "searchFilter": "tags.phase = 'reproduction'",
        "selectedColumns": [*CONFIG, *LOSSES, "tags.`verdict`", "tags.`reproduction_of`"],
    }
    return {**view(TRIALS, "trials, the best first", trials), **view(REPRODUCTIONS, "reproductions", reproductions)}


def view(key: str, name: str, state: dict[str, Any]) -> dict[str, str]:
    """One view, by the key that links to it name."""
    return {PREFIX + key: json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)})}
