"""Reproductions: a recorded trial trained again from its record, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from experiments.report.summary import summarise
from experiments.workflows.progress import NOBODY, Watch
from experiments.workflows.trial import run_trial
from linrnn.analysis.bitwise import DIFFERENT, EQUIVALENT, IDENTICAL, Comparison, compare, stages
from linrnn.baseline.baselines import Floors
from linrnn.errors import ConfigError
from linrnn.training.result import Trained
from linrnn.training.trial_config import require_device
from tracking.runs.artifacts import FLOORS, data_files
from tracking.runs.environment import Change, changes, likeliest_first
from tracking.runs.query import PARENT, resolve, sweeps, trials_of
from tracking.runs.verification import DamagedError, Record, record_of
from tracking.runs.writer import mark, record
from tracking.store.access import Store
from tracking.store.locks import SINGLE

DAMAGED = "DAMAGED"
CODES = {IDENTICAL: 0, EQUIVALENT: 3, DIFFERENT: 4, DAMAGED: 6}  # exit codes, the worst last


class Reproduction(NamedTuple):
    """A verdict and what it rests on; the verdict on a damaged record rests on the damage alone."""

    of: Record
    verdict: str
    tolerance: float
    comparison: Comparison
    changed: Sequence[Change] = ()
    damage: str = ""
    run_id: str | None = None  # of the run that holds the rerun

    @property
    def code(self) -> int:
        """The exit code."""
        return CODES[self.verdict]


def best_of_last_sweep(store: Store) -> Record:
    """The best trial of the last finished sweep."""
    finished = sweeps(store, "attributes.status = 'FINISHED'")
    if not finished:
        raise ConfigError(f"no finished sweep in the store {store.name}: name a run, or run linrnn sweep first")
    studies = [study for study in summarise(store, finished[-1]).studies if study.best_run]
    best = min(studies, key=lambda study: study.best_val_loss or 0, default=None)
    if best is None or best.best_run is None:
        raise ConfigError(f"no trial of the last sweep, {finished[-1].info.run_id}, is complete: name a run")
    return record_of(store, resolve(store, best.best_run))


def records_of_sweep(store: Store, prefix: str) -> list[Record]:
    """The records of a sweep's trials, but for those that came to nothing."""
    sweep = resolve(store, prefix)
    if "studies" not in sweep.data.tags:
        raise ConfigError(f"run {sweep.info.run_id} is no sweep: leave out --sweep")
    trained = [run for run in trials_of(store, sweep) if run.data.tags["outcome"] != "failed"]
    if not trained:
        raise ConfigError(f"sweep {sweep.info.run_id} has no trained trial")
    return [record_of(store, run) for run in trained]


def reproduce(of: Record, original: Trained, tolerance: float, store: Store | None, watch: Watch) -> Reproduction:
    """Train a recorded trial again in this process."""
    original = with_data(of, original)
    watch.begin(f"{original.config.task.label} {of.name}")
    return kept(store, judged(of, original, rerun(original, of.floors(), watch), tolerance))


def reproduce_all(
    records: Sequence[Record], tolerance: float, store: Store, executor: Executor, watch: Watch
) -> list[Reproduction]:
    """Train recorded trials again on workers; in their order."""
    found = {of.run_id: reproduction for of, reproduction in finished(records, tolerance, store, executor, watch)}
    return [found[of.run_id] for of in records]


def finished(
    records: Sequence[Record], tolerance: float, store: Store, executor: Executor, watch: Watch
) -> Iterator[tuple[Record, Reproduction]]:
    """Each reproduction as it is done."""
    waiting: dict[Future[Trained], tuple[Record, Trained]] = {}
    for of in records:
        try:
            original = of.trained()
        except DamagedError as error:
            watch.done()
            yield of, Reproduction(of, DAMAGED, tolerance, Comparison({}, None, 0.0), damage=str(error))
            continue
        original = with_data(of, original)
        waiting[executor.submit(rerun, original, of.floors())] = of, original
    for future in as_completed(waiting):
        of, original = waiting[future]
        again = future.result()
        watch.done(again.config.model.name, again.progress.median_best_val_loss)
        yield of, kept(store, judged(of, original, again, tolerance))


def with_data(of: Record, original: Trained) -> Trained:
    """The original, able to be trained again here: from its file, or from the recorded copy where that is gone."""
    require_device(original.config.training)
    return replace(original, config=original.config.loaded(of.copy))


def rerun(original: Trained, floors: Floors | None, watch: Watch = NOBODY) -> Trained:
    """The same trial again, as far as it went."""
    stop = {original.progress.epoch: -math.inf}  # which no loss comes below
    return run_trial(original.config, stop, test=original.test_loss is not None, watch=watch, floors=floors)


class Judged(NamedTuple):
    """A reproduction and the rerun that it judges."""

    reproduction: Reproduction
    again: Trained
    same_file: bool  # whether both read the same data


def judged(of: Record, original: Trained, again: Trained, tolerance: float) -> Judged:
    """Compare a rerun with its record."""
    found = compare(*(stages(each.progress, each.data, each.test_loss) for each in (original, again)))
    changed: list[Change] = []
    same_file = original.environment.get("data_file") == again.environment.get("data_file")
    if found.first:
        now_changed = changes(original.environment, again.environment)
        changed = likeliest_first(now_changed, found.first.quantity, original.progress.form)
    return Judged(Reproduction(of, found.verdict(tolerance), tolerance, found, changed), again, same_file)


def kept(store: Store | None, judged: Judged) -> Reproduction:
    """Record the rerun in the store of its record, and the verdict on both."""
    reproduction, again, same_file = judged
    if store is None:
        return reproduction
    of, verdict = reproduction.of, reproduction.verdict
    tags = {"phase": "reproduction", "reproduction_of": of.run_id, "verdict": verdict, PARENT: of.run_id}
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    there = {FLOORS, *(data_files(again.config.task) if same_file else ())}
    try:
        with store.held([SINGLE], wait=60):
            run_id = record(store, again, f"reproduction of {of.name}", tags, without=there)
            mark(store, of.run_id, {"reproduced": f"{verdict} {when}"})
    except BaseException as error:
        error.add_note(f"the verdict on {of.run_id} was {verdict}")
        raise
    return reproduction._replace(run_id=run_id)
