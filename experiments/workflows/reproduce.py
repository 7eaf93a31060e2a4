"""Reproductions: a recorded trial trained again from its record, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from experiments.report.sweep_record import load_sweep
from experiments.workflows.progress import NOBODY, ProgressReporter
from experiments.workflows.trial import run_trial
from linrnn.analysis.bitwise import DIFFERENT, EQUIVALENT, IDENTICAL, BitwiseComparison, compare_bitwise, stages
from linrnn.baseline.baselines import Baselines
from linrnn.errors import ConfigError
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import require_device
from tracking.run_views import SweepRun
from tracking.runs.artifacts import data_files
from tracking.runs.environment import Change, compare_items, sort_by_likelihood
from tracking.runs.query import FINISHED, find_run, find_sweeps, trial_runs
from tracking.runs.reader import is_shared
from tracking.runs.verification import DamageError, TrialRecord, load_record
from tracking.runs.writer import record_trial, set_tags
from tracking.schema import Phase, Tag
from tracking.store.access import Store
from tracking.store.locks import SINGLE

DAMAGED = "DAMAGED"
CODES = {IDENTICAL: 0, EQUIVALENT: 3, DIFFERENT: 4, DAMAGED: 6}  # exit codes, the worst last


class Reproduction(NamedTuple):
    """A verdict and what it rests on; the verdict on a damaged record rests on the damage alone."""

    of: TrialRecord
    verdict: str
    tolerance: float
    comparison: BitwiseComparison
    changed: Sequence[Change] = ()
    damage: str = ""
    run_id: str | None = None  # of the run that holds the rerun

    @property
    def code(self) -> int:
        """The exit code."""
        return CODES[self.verdict]


def best_of_last_sweep(store: Store) -> TrialRecord:
    """Load the best trial of the last finished sweep."""
    sweeps = find_sweeps(store, FINISHED)
    if not sweeps:
        raise ConfigError(f"no finished sweep in the store {store.name}: name a run, or run linrnn sweep first")
    record = load_sweep(store, sweeps[-1])
    best = [trial for model in record.models if (trial := record.best_trial(model))]
    if not best:
        raise ConfigError(f"no trial of the last sweep, {record.run_id}, is complete: name a run")
    return load_record(store, find_run(store, min(best, key=lambda trial: trial.loss).run_id))


def records_of_sweep(store: Store, prefix: str) -> list[TrialRecord]:
    """The records of a sweep's trials, but for those that came to nothing."""
    sweep = find_run(store, prefix)
    if not isinstance(sweep, SweepRun):
        raise ConfigError(f"run {sweep.run_id} is no sweep: leave out --sweep")
    trained = [run for run in trial_runs(store, sweep) if not run.is_failed]
    if not trained:
        raise ConfigError(f"sweep {sweep.run_id} has no trained trial")
    return [load_record(store, run) for run in trained]


def reproduce_trial(
    of: TrialRecord, original: TrialResult, tolerance: float, store: Store | None, watch: ProgressReporter
) -> Reproduction:
    """Train a recorded trial again in this process."""
    original = with_data(of, original)
    watch.begin(f"{original.config.task.label} {of.name}")
    return record_reproduction(store, judge(of, original, rerun(original, of.baselines(), watch), tolerance))


def reproduce_trials(
    records: Sequence[TrialRecord], tolerance: float, store: Store, executor: Executor, watch: ProgressReporter
) -> list[Reproduction]:
    """Train recorded trials again on workers; in their order."""
    found = {
        of.run_id: reproduction
        for of, reproduction in iterate_reproductions(records, tolerance, store, executor, watch)
    }
    return [found[of.run_id] for of in records]


def iterate_reproductions(
    records: Sequence[TrialRecord], tolerance: float, store: Store, executor: Executor, watch: ProgressReporter
) -> Iterator[tuple[TrialRecord, Reproduction]]:
    """Each reproduction as it is done."""
    waiting: dict[Future[TrialResult], tuple[TrialRecord, TrialResult]] = {}
    for of in records:
        try:
            original = of.verify()
        except DamageError as error:
            watch.done()
            yield of, Reproduction(of, DAMAGED, tolerance, BitwiseComparison({}, None, 0.0), damage=str(error))
            continue
        original = with_data(of, original)
        waiting[executor.submit(rerun, original, of.baselines())] = of, original
    for future in as_completed(waiting):
        of, original = waiting[future]
        again = future.result()
        watch.done(again.config.model.name, again.history.median_best_val_loss)
        yield of, record_reproduction(store, judge(of, original, again, tolerance))


def with_data(of: TrialRecord, original: TrialResult) -> TrialResult:
    """The original, able to be trained again here: from its file, or from the recorded copy where that is gone."""
    require_device(original.config.training)
    return replace(original, config=original.config.loaded(of.copy))


def rerun(original: TrialResult, floors: Baselines | None, watch: ProgressReporter = NOBODY) -> TrialResult:
    """The same trial again, as far as it went."""
    stop = {original.history.epoch: -math.inf}  # which no loss comes below
    return run_trial(original.config, stop, test=original.test_loss is not None, watch=watch, floors=floors)


class JudgedRerun(NamedTuple):
    """A reproduction and the rerun that it judges."""

    reproduction: Reproduction
    again: TrialResult


def judge(of: TrialRecord, original: TrialResult, again: TrialResult, tolerance: float) -> JudgedRerun:
    """Compare a rerun with its record."""
    found = compare_bitwise(*(stages(each.history, each.data, each.test_loss) for each in (original, again)))
    changed: list[Change] = []
    if found.first:
        now_changed = compare_items(original.environment, again.environment)
        changed = sort_by_likelihood(now_changed, found.first.quantity, original.history.form)
    return JudgedRerun(Reproduction(of, found.verdict(tolerance), tolerance, found, changed), again)


def record_reproduction(store: Store | None, judge: JudgedRerun) -> Reproduction:
    """Record the rerun in the store of its record, and the verdict on both."""
    reproduction, again = judge
    if store is None:
        return reproduction
    of, verdict = reproduction.of, reproduction.verdict
    tags: dict[str, str] = {
        Tag.PHASE: Phase.REPRODUCTION,
        Tag.REPRODUCTION_OF: of.run_id,
        Tag.REPRODUCTION_RESULT: verdict,
        Tag.PARENT: of.run_id,
    }
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    files = {**again.files, **data_files(again.config.task)}
    omit = {name for name in files if is_shared(name) and of.find_file(name) == files[name]}
    try:
        with store.lock([SINGLE], wait=60):
            run_id = record_trial(store, again, f"reproduction of {of.name}", tags, omit=omit)
            set_tags(store, of.run_id, {Tag.REPRODUCED: f"{verdict} {when}"})
    except BaseException as error:
        error.add_note(f"the verdict on {of.run_id} was {verdict}")
        raise
    return reproduction._replace(run_id=run_id)
