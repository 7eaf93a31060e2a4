"""What a worker computes: a trial config in, a trial result out. It writes to no store."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from experiments.search.executors import MissingDataError
from experiments.workflows.progress import ProgressReporter
from linrnn.baseline.baselines import Baselines
from linrnn.data.sequences import Splits
from linrnn.tasks.series import Series
from linrnn.tasks.task import Task, TaskData
from linrnn.training.history import OBJECTIVE, TrainingHistory, milestone_losses
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.runs.artifacts import data_files
from tracking.runs.environment import trial_environment
from tracking.runs.source_code import uncommitted_diff

Artifacts = Callable[[TrialResult, Splits, Baselines | None], Mapping[str, bytes]]
K = TypeVar("K")
V = TypeVar("V")

CACHE_SIZE = 4  # tasks whose data a process keeps, as the trials of a few tasks come in turn
_contents: dict[tuple[str, str], tuple[bytes, ...]] = {}  # by the SHA-256 of the file and of the test file
_splits: dict[tuple[Task, str | None], Splits] = {}
_lock = Lock()


def run_trial(
    config: TrialConfig,
    contents: tuple[bytes, ...] | None = None,
    *,
    artifacts: Artifacts | None = None,
    baselines: Baselines | None = None,
    limits: Mapping[int, float] | None = None,
    last_epoch: int | None = None,
    test: bool = False,
    form: str = "",
    progress: ProgressReporter | None = None,
) -> TrialResult:
    """Train one trial.

    Parameters
    ----------
    config : TrialConfig
        What to compute.
    contents : tuple of bytes, optional
        Content of each file that `config.task` names; needed once in each process.
    artifacts : callable, optional
        Returns further artifacts, by name, of the result, the sequences and the baselines. A function of a module,
        so that it can be pickled.
    baselines : Baselines, optional
        Baselines of the task, for `artifacts`.
    limits : mapping of int to float, optional
        Pruning: epoch -> loss that the upper quartile of the validation loss must have reached at a milestone by then.
    last_epoch : int, optional
        Epoch after which training stops, one of those of the evaluations.
    test : bool
        Whether to compute the test loss.
    form : str
        Form of the computation, for a reproduction; by default, the faster one.
    progress : ProgressReporter, optional
        Advances with each evaluation.

    Returns
    -------
    TrialResult

    Raises
    ------
    MissingDataError
        If the sequences come from a file whose content this process lacks.
    """
    from linrnn.data.digests import data_digests
    from linrnn.training.loop import evaluate_test_split, train  # imports torch, which only workers need

    started = time.time()
    config = replace(config, task=attach_contents(config.task, contents))
    splits = load_splits(config.task)
    for history in train(config, splits, form):
        if progress:
            loss = history.objective
            details = f"epoch {history.epoch}: best val loss ({OBJECTIVE}) {loss:.4g}"
            progress.advance(config.model.name, loss, details=details)
        if history.epoch == last_epoch or is_above_limit(config, history, limits or {}):
            break
    seconds = time.time() - started
    result = TrialResult(config, history, started, seconds, trial_environment(config), data_digests(splits))
    if test:
        result = replace(result, test_loss=evaluate_test_split(config, history, splits))
    files = artifacts(result, splits, baselines) if artifacts else {}
    return replace(result, files={**files, **uncommitted_diff()})


def is_above_limit(config: TrialConfig, history: TrainingHistory, limits: Mapping[int, float]) -> bool:
    """Return whether no milestone so far has reached the limit of the present epoch."""
    if history.epoch not in limits:
        return False
    losses = milestone_losses(history.val_loss, history.evaluation_epochs, config.training.milestones).values()
    return min(losses, default=math.inf) > limits[history.epoch]


def attach_contents(task: Task, contents: tuple[bytes, ...] | None) -> Task:
    """Return a task with the content of its files, given now or with an earlier trial; else raise MissingDataError."""
    if not isinstance(task, Series) or task.is_self_contained:
        return task
    key = task.sha256, task.test_sha256
    contents = contents or _contents.get(key)
    if contents is None:
        raise MissingDataError(task.label)
    remember(_contents, key, contents)
    return task.attach(*contents)


def load_splits(task: Task) -> Splits:
    """Return a task's sequences, those of an earlier trial if there were any."""
    key = task, task.file_digest
    splits = _splits.get(key) or task.splits()
    remember(_splits, key, splits)
    return splits


def remember(cache: dict[K, V], key: K, value: V) -> None:
    """Put a value last in a cache and drop the values that are too old."""
    with _lock:
        cache.pop(key, None)
        cache[key] = value
        while len(cache) > CACHE_SIZE:
            del cache[next(iter(cache))]


def load_recorded_data(config: TrialConfig, copy: Callable[[str], bytes | None]) -> TaskData:
    """Read the data of a recorded trial: the user's files as they are now, or the recorded copies of missing ones."""
    task = config.task.detach() if isinstance(config.task, Series) else config.task
    return task.load(copy)


def attach_data_files(result: TrialResult, data: TaskData) -> TrialResult:
    """Add the user's files that a record holds to a result, as artifacts."""
    return replace(result, files={**result.files, **data_files(data)})
