"""Tables of recorded runs, from their views alone: sweeps, and trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from experiments.report.comparison_table import number_text
from experiments.report.serialization import finite
from experiments.report.table import Table
from tracking.run_views import LinrnnRun, SweepRun, TrialRun
from tracking.runs.run_reference import SHORT
from tracking.schema import Metric, Param, Tag
from tracking.search_settings import common_search_settings

UNFINISHED = "unfinished"


def sweeps_overview(sweeps: Sequence[SweepRun]) -> Table:
    """Return the table of some sweeps: id, task, the settings that the user set, begin, and verdict."""
    rows = [
        (run.run_id[:SHORT], run.task, presets_text(run), format_time(run.start_time), state_text(run))
        for run in sweeps
    ]
    return Table(("id", "task", "settings", "begin", "verdict"), rows)


def trials_overview(runs: Sequence[TrialRun]) -> Table:
    """Return the table of some trials: id, name, the values of the searched settings, and losses."""
    settings = common_search_settings()
    rows = [
        (
            run.run_id[:SHORT],
            run.short_name,
            *(number_text(setting_value(run, name)) for name in settings),
            outcome_text(run),
            number_text(finite(run.objective)),
            number_text(run.find_metric(Metric.TEST_LOSS)),
        )
        for run in runs
    ]
    labels = (name.replace("_", " ") for name in settings.values())
    return Table(("id", "name", *labels, "outcome", "val loss", "test loss"), rows)


def sweep_entry(run: SweepRun) -> dict[str, Any]:
    """Return a sweep as an object of JSON."""
    return {
        "run_id": run.run_id,
        "name": run.name,
        "task": run.source,
        "start_time": run.start_time,
        "models": list_models(run),
        "status": str(run.info.status),
        "verdict": run.find_tag(Tag.VERDICT),
    }


def trial_entry(run: TrialRun) -> dict[str, Any]:
    """Return a trial as an object of JSON."""
    return {
        "run_id": run.run_id,
        "name": run.name,
        "task": run.params.get("task.file") or run.params.get("task"),
        "model": run.model,
        "phase": run.find_tag(Tag.PHASE),
        "outcome": outcome_text(run),
        "start_time": run.start_time,
        "settings": {name: setting_value(run, name) for name in common_search_settings()},
        "objective": finite(run.objective),
        "best_val_loss": finite(run.best_val_loss),
        "test_loss": run.find_metric(Metric.TEST_LOSS),
        "sweep": run.parent,
    }


def list_models(run: SweepRun) -> list[str]:
    """Return the model types of a sweep; none where it has just begun."""
    return run.models if run.params else []


def presets_text(run: SweepRun) -> str:
    """Write the settings that the user set for a sweep, with their values."""
    names = run.params.get(Param.PRESETS, "").split(", ")
    return " ".join(f"{name}={run.params[name]}" for name in names if name in run.params)


def state_text(run: SweepRun) -> str:
    """Return the verdict of a sweep, or what became of it."""
    return run.find_tag(Tag.VERDICT) or (UNFINISHED if run.is_finished else str(run.info.status).lower())


def outcome_text(run: TrialRun) -> str:
    """Return the outcome of a trial, or the status of a run without one."""
    return run.find_tag(Tag.OUTCOME) or str(run.info.status).lower()


def setting_value(run: TrialRun, name: str) -> float | None:
    """Return a trial's value of a numeric setting; None where it has none."""
    try:
        return float(run.params[name])
    except (KeyError, ValueError):
        return None


def format_time(seconds: float) -> str:
    """Write a time, in seconds since 1970, as local date and minute."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def metric_rows(run: LinrnnRun) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and meaning of the metrics that a run has, in the order of the schema."""
    for metric in Metric:
        value = run.find_metric(metric)
        if value is not None:
            yield metric.value, number_text(value), metric.meaning
