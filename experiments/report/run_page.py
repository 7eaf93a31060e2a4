"""One recorded run for people: its facts, results, settings, files, and the commands for it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

from experiments.report.run_tables import (
    format_time,
    metric_rows,
    outcome_text,
    state_text,
    sweep_entry,
    trial_entry,
)
from tracking.run_views import SweepRun, TrialRun, list_deletions
from tracking.runs.run_reference import SHORT
from tracking.schema import Phase, Tag

UNITS = ("bytes", "kB", "MB", "GB")


class RunPage(NamedTuple):
    """What is shown of a run."""

    title: str
    facts: Mapping[str, str]
    results: Mapping[str, tuple[str, str]]  # value and meaning, by name of the metric
    settings: Mapping[str, str]
    files: Mapping[str, int]  # bytes
    commands: tuple[str, ...]


def run_page(run: TrialRun | SweepRun, files: Mapping[str, int], link: str, fault: str = "") -> RunPage:
    """Return what is shown of a run, given the sizes of its files, the link to its page in MLflow, and its fault."""
    is_sweep = isinstance(run, SweepRun)
    short = run.run_id[:SHORT]
    end = run.end_time
    facts = {
        "name": run.name,
        "damage": fault,
        "task": task_text(run),
        "verdict" if is_sweep else "outcome": state_text(run) if isinstance(run, SweepRun) else outcome_text(run),
        "phase": "" if is_sweep else run.find_tag(Tag.PHASE) or "",
        "time": format_time(run.start_time) + (f" to {format_time(end)}" if end else ""),
        "sweep": (run.parent or "")[:SHORT],
        "commit": run.find_tag(Tag.COMMIT) or "",
        "reproduced": run.find_tag(Tag.LAST_REPRODUCTION) or "",
        "reason": run.find_tag(Tag.REASON) or "",
        "deleted": "" if is_sweep else ", ".join(sorted(list_deletions(run.tags))),
        "page": link,
    }
    return RunPage(
        f"{'Sweep' if is_sweep else 'Trial'} {run.run_id}",
        {name: text for name, text in facts.items() if text},
        {name: (value, meaning) for name, value, meaning in metric_rows(run)},
        dict(sorted(run.params.items())),
        files,
        sweep_commands(run) if isinstance(run, SweepRun) else trial_commands(run, short),
    )


def task_text(run: TrialRun | SweepRun) -> str:
    """Return the task of a run, or its file; empty where the run has lost it."""
    task = run.find_tag(Tag.TASK) if isinstance(run, SweepRun) else run.params.get("task")
    return run.params.get("task.file") or task or ""


def sweep_commands(run: SweepRun) -> tuple[str, ...]:
    """Return the commands for a sweep."""
    task, short = shlex.quote(task_text(run)), run.run_id[:SHORT]
    return (
        f"linrnn list {short}",
        f"linrnn compare {task}",
        f"linrnn report {task} -o report.html",
        f"linrnn forecast {short}",
        f"linrnn backtest {short}",
        f"linrnn reproduce --sweep {short}",
    )


def trial_commands(run: TrialRun, short: str) -> tuple[str, ...]:
    """Return the commands for a trial; none for one without a result."""
    if not run.has_result:
        return ()
    is_original = run.find_tag(Tag.PHASE) != Phase.REPRODUCTION
    reproduce = (f"linrnn reproduce {short}",) if is_original else ()
    forecast = (f"linrnn forecast {short}",) if not run.deletions else ()
    return (*reproduce, *forecast, f"linrnn export {short} {short}")


def page_json(run: TrialRun | SweepRun, page: RunPage) -> dict[str, Any]:
    """Return a run as an object of JSON."""
    entry = sweep_entry(run) if isinstance(run, SweepRun) else trial_entry(run)
    return {
        **entry,
        "damage": page.facts.get("damage"),
        "metrics": dict(run.metrics),
        "params": dict(page.settings),
        "files": dict(page.files),
        "commands": list(page.commands),
    }


def size_text(size: float) -> str:
    """Write a number of bytes: 512 bytes, 12 kB."""
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"
