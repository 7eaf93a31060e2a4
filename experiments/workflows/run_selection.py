"""Selections of recorded runs: sweeps of a task, trials of a sweep, and trials by what they are."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.errors import ConfigError
from tracking.run_views import LinrnnRun, SweepRun, TrialRun
from tracking.runs.query import find_all_runs, find_trials
from tracking.runs.run_reference import find_run
from tracking.schema import Tag
from tracking.store.access import Store


class RunChoice(NamedTuple):
    """Conditions on runs; an empty one holds for all.

    Parameters
    ----------
    task : str
        Name of a task, or a file's absolute path.
    model, phase, outcome : str
        Model type, phase and outcome of trials.
    """

    task: str = ""
    model: str = ""
    phase: str = ""
    outcome: str = ""

    @property
    def names_trials(self) -> bool:
        """Whether a condition is one on trials."""
        return bool(self.model or self.phase or self.outcome)

    def fits(self, run: TrialRun) -> bool:
        """Whether a trial fulfills all conditions."""
        facts = (task_source(run), run.params.get("model"), run.find_tag(Tag.PHASE), run.find_tag(Tag.OUTCOME))
        return all(condition in ("", fact) for condition, fact in zip(self, facts, strict=True))


def task_source(run: LinrnnRun) -> str:
    """Return the TASK of the command line that a run is of: a name, or a file's absolute path."""
    return run.source if isinstance(run, SweepRun) else run.params.get("task.file") or run.params.get("task", "")


def select_sweeps(store: Store, task: str = "") -> list[SweepRun]:
    """Return the sweeps of a task, or of all, the earliest first."""
    runs = find_all_runs(store)
    return [run for run in runs if isinstance(run, SweepRun) and task in ("", run.source)]


def select_trials(store: Store, sweep: str | None, choice: RunChoice) -> list[TrialRun]:
    """Return the trials that fulfill some conditions, the earliest first: of a sweep, or of all tasks.

    Raises
    ------
    ConfigError
        If the run that is named is no sweep.
    """
    if sweep is None:
        runs = [run for run in find_all_runs(store) if isinstance(run, TrialRun)]
        return [run for run in runs if choice.fits(run)]
    run = find_run(store, sweep)
    if not isinstance(run, SweepRun):
        raise ConfigError(f"run {run.run_id} is a trial, not a sweep: linrnn show {run.run_id[:8]} shows it")
    own = [each for each in find_trials(store, run.task) if each.parent == run.run_id or each.study in run.studies]
    return [each for each in own if choice.fits(each)]
