"""The charts of a saved view of the MLflow UI, as its state keeps them: a card a chart, in one section."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SECTION = "linrnn"
MOST_RUNS = 100  # that the UI loads at once
Card = dict[str, Any]


def card(kind: str, key: str, **more: Any) -> Card:
    """A chart, by the fields that all kinds have."""
    return {"type": kind, "uuid": key, "metricSectionId": SECTION, "deleted": False, "isGenerated": False, **more}


def line(metric: str) -> Card:
    """A metric by step, logarithmic."""
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


def bar(metric: str, **more: Any) -> Card:
    """A metric's last value, a bar a run."""
    return card("BAR", metric, metricKey=metric, runsCountToCompare=MOST_RUNS, **more)


def scatter(x: str, y: str) -> Card:
    """A metric against another."""
    axes = {"xaxis": {"key": x, "type": "METRIC"}, "yaxis": {"key": y, "type": "METRIC"}}
    return card("SCATTER", f"{y} by {x}", **axes, runsCountToCompare=MOST_RUNS)


def parallel(params: Sequence[str], metrics: Sequence[str]) -> Card:
    """A line a run through params and metrics, coloured by the last."""
    return card("PARALLEL", "parallel", selectedParams=params, selectedMetrics=metrics, showAllRuns=True)


COMPARED = (line("val_loss"), line("train_loss"), bar("best_val_loss"), bar("test_loss"))
SEARCH = (
    *COMPARED[:2],
    parallel(["model"], ["hidden_size", "learning_rate", "best_val_loss"]),
    scatter("learning_rate", "best_val_loss"),
    *COMPARED[2:],
)
UNDRAWN = ("final_val_loss", "diverged_replicas", "seconds", "learning_rate", "hidden_size")  # or the UI adds them


def chart_state(cards: Sequence[Card]) -> dict[str, Any]:
    """The part of a view's state that draws these charts of all runs, two in a row."""
    section = {"uuid": SECTION, "name": "trials", "display": True, "isReordered": True, "columns": 2, "cardHeight": 320}
    return {
        "compareRunCharts": [*cards, *(bar(metric, deleted=True) for metric in UNDRAWN)],
        "compareRunSections": [section],
        "isAccordionReordered": True,
        "runsHiddenMode": "SHOW_ALL",
    }
