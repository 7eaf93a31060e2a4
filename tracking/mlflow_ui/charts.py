"""Charts of a saved view of the MLflow UI, as its state holds them: one card per chart, in one section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracking.schema import MODEL, Metric
from tracking.search_settings import common_search_settings, log_name

SECTION = "linrnn"
MAX_RUNS = 100  # that the UI loads at once
Card = dict[str, Any]


def card(kind: str, key: str, **fields: Any) -> Card:
    """Return a chart with the fields that all kinds have, and more."""
    return {"type": kind, "uuid": key, "metricSectionId": SECTION, "deleted": False, "isGenerated": False, **fields}


def line(metric: str) -> Card:
    """Return a chart of a metric by step, on a logarithmic axis."""
    return card(
        "LINE",
        metric,
        metricKey=metric,
        selectedMetricKeys=[metric],
        scaleType="log",
        xAxisKey="step",
        yAxisKey="metric",
        yAxisExpressions=[],
        useGlobalXaxisKey=True,
        useGlobalLineSmoothing=True,
    )


def bar(metric: str, **fields: Any) -> Card:
    """Return a chart of a metric's last value, one bar per run."""
    return card("BAR", metric, metricKey=metric, runsCountToCompare=MAX_RUNS, **fields)


def scatter(x: str, y: str) -> Card:
    """Return a chart of one metric against another."""
    axes = {"xaxis": {"key": x, "type": "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return card("SCATTER", f"{y} by {x}", **axes, runsCountToCompare=MAX_RUNS)


def parallel(params: Sequence[str], metrics: Sequence[str]) -> Card:
    """Return a parallel-coordinates chart of params and metrics, one line per run, colored by the last."""
    return card("PARALLEL", "parallel", selectedParams=params, selectedMetrics=metrics, showAllRuns=True)


def loss_charts(objective: Metric) -> list[Card]:
    """Return the charts of losses; `objective` is what the studies minimize."""
    curves, ends = (Metric.VAL_LOSS, Metric.TRAIN_LOSS), (objective, Metric.TEST_LOSS)
    return [*map(line, curves), *map(bar, ends)]


def search_charts(objective: Metric) -> list[Card]:
    """Return the charts of losses and of what the searched settings do to them."""
    settings, losses = list(common_search_settings().values()), loss_charts(objective)
    if objective == Metric.OBJECTIVE:
        searches = [scatter(log_name(setting), Metric.LOG_OBJECTIVE) for setting in settings]
    else:  # of versions that logged no logarithms
        searches = [scatter(setting, objective) for setting in settings]
    return [*losses[:2], parallel([MODEL], [*settings, objective]), *searches, *losses[2:]]


def chart_state(cards: Sequence[Card], objective: Metric) -> dict[str, Any]:
    """Return the part of a view's state that draws these charts of all runs, two per row.

    Charts of all other metrics are in it as deleted ones: the UI would add them.
    """
    losses = {Metric.OBJECTIVE, Metric.BEST_VAL_LOSS, Metric.FINAL_VAL_LOSS} - {objective}
    settings = common_search_settings().values()
    logarithms = (Metric.LOG_OBJECTIVE, *map(log_name, settings))
    others = (*sorted(losses), Metric.DIVERGED_REPLICAS, Metric.SECONDS, *settings, *logarithms)
    section = {"uuid": SECTION, "name": "trials", "display": True, "isReordered": True, "columns": 2, "cardHeight": 320}
    return {
        "compareRunCharts": [*cards, *(bar(metric, deleted=True) for metric in others)],
        "compareRunSections": [section],
        "isAccordionReordered": True,
        "runsHiddenMode": "SHOW_ALL",
    }
