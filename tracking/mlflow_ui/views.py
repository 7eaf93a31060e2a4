"""Saved views of an experiment in the MLflow UI, whose list of runs shows neither params nor metrics without one.

The UI stores a view as a tag of the experiment: its name, and its state as JSON. The fields of the state are MLflow's;
those left out have the values of a new page.
"""

from __future__ import annotations

import json
from typing import Any

from tracking.mlflow_ui.charts import chart_state, loss_charts, search_charts
from tracking.schema import MODEL, Metric, Phase, SchemaName, Tag, objective_metric
from tracking.search_settings import common_search_settings

CHARTS, MODEL_TYPES, TRIALS, REPRODUCTIONS, VERDICTS = "charts", "models", "trials", "reproductions", "verdicts"
CHART_VIEWS = (CHARTS, MODEL_TYPES)  # open as charts, the others as tables
PREFIX = "mlflow.sharedViewState."
BASELINES = (Metric.BASELINE_NAIVE, Metric.BASELINE_LINEAR, Metric.BASELINE_NONLINEAR, Metric.BOUND_NOISE)
BY_MODEL = {"groupBy": {"aggregateFunction": "average", "groupByKeys": [{"mode": "param", "groupByData": MODEL}]}}


def task_views(version: int) -> dict[str, str]:
    """Return the views of a task's experiment as its tags; `version` is that of the schema of its oldest runs."""
    others = (Phase.REPRODUCTION, Phase.REDUCTION)
    trained = {"searchFilter": " and ".join(f"tags.{Tag.PHASE} != '{phase}'" for phase in others)}
    reproductions = {"searchFilter": f"tags.{Tag.PHASE} = '{Phase.REPRODUCTION}'"}
    objective = objective_metric(version)
    best_first = {"orderByKey": column(objective), "orderByAsc": True}
    confirmations_first = {"orderByKey": column(Tag.PHASE), "orderByAsc": True}  # all model types in the first 100
    config = [f"params.`{name}`" for name in (MODEL, *common_search_settings())]
    losses = [*config, *columns(version, objective, Metric.TEST_LOSS)]
    ends = columns(version, Tag.PHASE, Tag.OUTCOME, Tag.LAST_REPRODUCTION)
    results = columns(version, Tag.REPRODUCTION_RESULT, Tag.ORIGINAL)
    charts = {**trained, **confirmations_first, "selectedColumns": losses}
    confirmed = {"searchFilter": f"tags.{Tag.PHASE} = '{Phase.CONFIRMATION}'"}
    by_model = charts | confirmed | chart_state(loss_charts(objective), objective) | BY_MODEL
    return {
        **view(CHARTS, "charts of all model types", charts | chart_state(search_charts(objective), objective)),
        **view(MODEL_TYPES, "confirmations by model type", by_model),
        **view(TRIALS, "trials, best first", {**trained, **best_first, "selectedColumns": [*losses, *ends]}),
        **view(REPRODUCTIONS, "reproductions", {**reproductions, "selectedColumns": [*losses, *results]}),
    }


def sweep_views(version: int) -> dict[str, str]:
    """Return the views of the experiment that holds the sweeps, as its tags."""
    return view(VERDICTS, "verdicts", {"selectedColumns": columns(version, Tag.VERDICT, *BASELINES, Metric.SECONDS)})


def view(key: str, name: str, state: dict[str, Any]) -> dict[str, str]:
    """Return one view as a tag; links name it by its key."""
    return {PREFIX + key: json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)})}


def columns(version: int, *names: SchemaName) -> list[str]:
    """Return the columns of these names, and of their old names where the experiment has runs of version 1."""
    return [column(name, text) for name in names for text in (name.names if version == 1 else name.names[:1])]


def column(name: SchemaName, text: str | None = None) -> str:
    """Return the UI's name for a column of a tag or metric."""
    return f"{'tags' if isinstance(name, Tag) else 'metrics'}.`{text or name}`"


def view_address(experiment_id: str, key: str) -> str:
    """Return the address of a view, as a fragment of the UI's URL."""
    mode = "&compareRunsMode=CHART" if key in CHART_VIEWS else ""
    return f"#/experiments/{experiment_id}/runs?workflowType=machine_learning{mode}&viewStateShareKey={key}"
