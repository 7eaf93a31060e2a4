"""What a worker does: a trial config in, what was trained out. It writes to no store."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from experiments.workflows.progress import NOBODY, ProgressReporter
from linrnn.baseline.baselines import Baselines
from linrnn.data.digests import content_digest
from linrnn.data.sequences import Splits
from linrnn.tasks.task import Task
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.runs.artifacts import baselines_file, predictions_file
from tracking.runs.environment import trial_environment
from tracking.runs.source_code import uncommitted_diff
from tracking.schema import Artifact


def load_splits(task: Task) -> Splits:
    """A task's data, kept by a worker from trial to trial for as long as their file is the same."""
    return cached_splits(task, content_digest(task.content))


@lru_cache(maxsize=2)
def cached_splits(task: Task, digest: str | None) -> Splits:
    """The data that a task makes, from a file of that digest where there is one."""
    return task.splits()


def run_trial(
    config: TrialConfig,
    limits: Mapping[int, float] | None = None,
    test: bool = False,
    watch: ProgressReporter = NOBODY,
    floors: Baselines | None = None,
) -> TrialResult:
    """Train one trial, to its end or until it has not come below a limit (epoch -> loss) by that epoch.

    Reads the test split only where `test` says so; `floors` are lines of its figure.
    """
    from experiments.report.figures.trial_figures import learning_curves  # with torch, which only workers load
    from linrnn.data.digests import data_digests
    from linrnn.training.history import milestone_losses
    from linrnn.training.loop import evaluate_test_split, train

    started = time.time()
    config = config.loaded()
    splits = load_splits(config.task)
    for progress in train(config, splits):
        watch.done(config.model.name, progress.median_best_val_loss)
        limit = (limits or {}).get(progress.epoch)
        if limit is not None:
            losses = milestone_losses(
                progress.val_loss, progress.evaluation_epochs, config.training.milestones
            ).values()
            if min(losses, default=float("inf")) > limit:
                break
    seconds = time.time() - started
    trained = TrialResult(config, progress, started, seconds, trial_environment(config), data_digests(splits))
    files: dict[str, bytes] = {Artifact.BASELINES: baselines_file(floors)} if floors else {}
    if test:
        trained = replace(trained, test_loss=evaluate_test_split(config, progress, splits))
        files |= prediction_files(trained, splits)
    return replace(
        trained, files={Artifact.CURVES_FIGURE: learning_curves(trained, floors), **files, **uncommitted_diff()}
    )


def prediction_files(trained: TrialResult, splits: Splits) -> dict[str, bytes]:
    """What the replica of the median test loss says on the test split, as files; none where that diverged."""
    from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
    from linrnn.analysis.predictions import predict_test_split

    if not math.isfinite(np.median(trained.test_losses)):
        return {}
    said = predict_test_split(trained.config, trained.history, splits, trained.test_losses)
    told = {trained.config.model.name: said}
    drawn = [picture for picture in (prediction_figure(told), closed_loop_figure(told)) if picture.table.rows]
    return {Artifact.PREDICTIONS: predictions_file(said), **{f"{picture.name}.png": picture.png() for picture in drawn}}
