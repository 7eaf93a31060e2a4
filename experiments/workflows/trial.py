"""What a worker does: a trial config in, what was trained out. It writes to no store."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from experiments.workflows.progress import NOBODY, Watch
from linrnn.baseline.baselines import Floors
from linrnn.data.digests import content_digest
from linrnn.data.sequences import Splits
from linrnn.tasks.task import Task
from linrnn.training.result import Trained
from linrnn.training.trial_config import TrialConfig
from tracking.runs.artifacts import FLOORS, PREDICTIONS, floors_file, predictions_file
from tracking.runs.environment import circumstances
from tracking.runs.source_code import uncommitted


def splits_of(task: Task) -> Splits:
    """A task's data, kept by a worker from trial to trial for as long as their file is the same."""
    return made(task, content_digest(task))


@lru_cache(maxsize=2)
def made(task: Task, digest: str | None) -> Splits:
    """The data that a task makes, from a file of that digest where there is one."""
    return task.splits()


def run_trial(
    config: TrialConfig,
    limits: Mapping[int, float] | None = None,
    test: bool = False,
    watch: Watch = NOBODY,
    floors: Floors | None = None,
) -> Trained:
    """Train one trial, to its end or until it has not come below a limit (epoch -> loss) by that epoch.

    Reads the test split only where `test` says so; `floors` are lines of its figure.
    """
    from experiments.report.figures.trial_figures import learning_curves  # with torch, which only workers load
    from linrnn.data.digests import data_digests
    from linrnn.training.history import reported
    from linrnn.training.loop import losses_on_test, train

    started = time.time()
    config = config.loaded()
    splits = splits_of(config.task)
    for progress in train(config, splits):
        watch.done(config.model.name, progress.median_best_val_loss)
        limit = (limits or {}).get(progress.epoch)
        if limit is not None:
            losses = reported(progress.val_loss, progress.evaluated, config.training.milestones).values()
            if min(losses, default=float("inf")) > limit:
                break
    seconds = time.time() - started
    trained = Trained(config, progress, started, seconds, circumstances(config), data_digests(splits))
    files = {FLOORS: floors_file(floors)} if floors else {}
    if test:
        trained = replace(trained, test_loss=losses_on_test(config, progress, splits))
        files |= said_on_test(trained, splits)
    return replace(trained, files={"curves.png": learning_curves(trained, floors), **files, **uncommitted()})


def said_on_test(trained: Trained, splits: Splits) -> dict[str, bytes]:
    """What the replica of the median test loss says on the test split, as files; none where that diverged."""
    from experiments.report.figures.prediction_figures import looped, predicted
    from linrnn.analysis.predictions import predictions

    if not math.isfinite(np.median(trained.tested)):
        return {}
    said = predictions(trained.config, trained.progress, splits, trained.tested)
    told = {trained.config.model.name: said}
    drawn = [picture for picture in (predicted(told), looped(told)) if picture.table.rows]
    return {PREDICTIONS: predictions_file(said), **{f"{picture.name}.png": picture.png() for picture in drawn}}
