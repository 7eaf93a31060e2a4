"""Saved views of an experiment in the MLflow UI, whose list of runs shows neither params nor metrics without one.

The UI keeps a view as a tag of the experiment: its name, and its state as JSON. The state's fields are MLflow's own;
what it leaves out is as in a new page.
"""

from __future__ import annotations

import json
from typing import Any

from tracking.mlflow_ui.charts import COMPARED, SEARCH, chart_state

CHARTS, MODELS, TRIALS, REPRODUCTIONS, VERDICTS = "charts", "models", "trials", "reproductions", "verdicts"
DRAWN = (CHARTS, MODELS)  # views that open as charts
PREFIX = "mlflow.sharedViewState."
CONFIG = ("params.`model`", "params.`model.hidden_size`", "params.`training.learning_rate`")
LOSSES = ("metrics.`best_val_loss`", "metrics.`test_loss`")
TRAINED = {"searchFilter": "tags.phase != 'reproduction'"}
BEST_FIRST = {"orderByKey": "metrics.`best_val_loss`", "orderByAsc": True}
CONFIRMED_FIRST = {"orderByKey": "tags.`phase`", "orderByAsc": True}  # so that every model type is among the first 100
BY_MODEL = {"groupBy": {"aggregateFunction": "average", "groupByKeys": [{"mode": "param", "groupByData": "model"}]}}


def views() -> dict[str, str]:
    """The tags of a task's experiment."""
    charts = {**TRAINED, **CONFIRMED_FIRST, "selectedColumns": [*CONFIG, *LOSSES]}
    trials = {
        **TRAINED,
        **BEST_FIRST,
        "selectedColumns": [*CONFIG, *LOSSES, "tags.`phase`", "tags.`outcome`", "tags.`reproduced`"],
    }
    reproductions = {
        "searchFilter": "tags.phase = 'reproduction'",
        "selectedColumns": [*CONFIG, *LOSSES, "tags.`verdict`", "tags.`reproduction_of`"],
    }
    return {
        **view(CHARTS, "charts of all model types", charts | chart_state(SEARCH)),
        **view(MODELS, "model types, averaged", charts | chart_state(COMPARED) | BY_MODEL),
        **view(TRIALS, "trials, the best first", trials),
        **view(REPRODUCTIONS, "reproductions", reproductions),
    }


def views_of_sweeps() -> dict[str, str]:
    """The tags of the experiment that holds the sweeps."""
    floors = [f"metrics.`floor_{name}`" for name in ("trivial", "linear", "nonlinear", "noise")]
    return view(VERDICTS, "verdicts", {"selectedColumns": ["tags.`verdict`", *floors, "metrics.`seconds`"]})


def view(key: str, name: str, state: dict[str, Any]) -> dict[str, str]:
    """One view, by the key that links to it name."""
    return {PREFIX + key: json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)})}


def view_address(experiment: str, key: str) -> str:
    """Where the UI shows a view, as the fragment of its address."""
    mode = "&compareRunsMode=CHART" if key in DRAWN else ""
    return f"#/experiments/{experiment}/runs?workflowType=machine_learning{mode}&viewStateShareKey={key}"
