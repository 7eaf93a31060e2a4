"""Selections of recorded runs: sweeps of a task, trials of a sweep, and trials by what they are."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.errors import ConfigError
from tracking.run_views import LinrnnRun, SweepRun, TrialRun
from tracking.runs.inspection import Inspection, inspect_runs
from tracking.runs.query import find_all_runs, inspect_sweeps
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


def select_sweeps(store: Store, task: str = "") -> Inspection[SweepRun]:
    """Return the sound sweeps of a task, or of all, the earliest first, and what is wrong with the others."""
    sweeps = inspect_sweeps(store)
    return sweeps._replace(sound=[run for run in sweeps.sound if task in ("", run.source)])


def select_trials(store: Store, sweep: str | None, choice: RunChoice) -> Inspection[TrialRun]:
    """Return the sound trials that fulfill some conditions, the earliest first, of a sweep, or of all tasks.

    Those of which something is wrong are named instead.

    Raises
    ------
    ConfigError
        If the run that is named is no sweep.
    """
    if sweep is None:
        runs = [run for run in find_all_runs(store) if isinstance(run, TrialRun)]
        return inspect_runs(store, (run for run in runs if choice.fits(run)))
    run = find_run(store, sweep)
    if not isinstance(run, SweepRun):
        raise ConfigError(f"run {run.run_id} is a trial, not a sweep: linrnn show {run.run_id[:8]} shows it")
    studies = run.studies
    trials = (each for each in find_all_runs(store) if isinstance(each, TrialRun))
    own = (each for each in trials if each.parent == run.run_id or each.study in studies)
    return inspect_runs(store, (each for each in own if choice.fits(each)))
