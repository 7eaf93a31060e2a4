"""What it costs that a run can be verified: the digests of its weights, and a reproduction beside the training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

from experiments.benchmark.timer import Spread, spread
from experiments.report.trial_artifacts import trial_artifacts
from experiments.workflows.progress import NullProgress
from experiments.workflows.reproduce import reproduce_trial
from experiments.workflows.trial import run_trial
from linrnn.analysis.bitwise import IDENTICAL
from linrnn.data.digests import row_digests
from linrnn.models import MODELS
from linrnn.training.loop import train
from linrnn.training.trial_config import TrialConfig, from_text
from tracking.runs.reader import read_trial
from tracking.runs.verification import load_record
from tracking.runs.writer import record_trial
from tracking.schema import Phase, Tag
from tracking.store.access import Store

HIDDEN_SIZES = (2, 10, 64)
ROUNDS = 5


class Cost(NamedTuple):
    """Of a trial: its digests in % of its training, and its reproduction's time over its own, recording included."""

    config: TrialConfig
    digests: Spread
    reproduction: Spread


def costs(store: Store, quick: bool) -> Iterator[Cost]:
    """The costs for each model type and size, on the sine with all else at its default."""
    for model in MODELS:
        for hidden in HIDDEN_SIZES[:1] if quick else HIDDEN_SIZES:
            text = {"task": "sine", "model": model, "model.hidden_size": str(hidden)}
            config = from_text(text | ({"training.epochs": "20"} if quick else {}))
            rounds = range(2 if quick else ROUNDS)
            yield Cost(
                config,
                spread([100 * digests_share(config) for _ in rounds]),
                spread([reproduction_ratio(store, config) for _ in rounds]),
            )


def digests_share(config: TrialConfig) -> float:
    """The part of a training that its digests take: their own time over the time of the rest."""
    spent = 0.0

    def timed(rows: Any) -> Any:
        nonlocal spent
        started = time.perf_counter()
        found = row_digests(rows)
        spent += time.perf_counter() - started
        return found

    with patch("linrnn.training.loop.row_digests", timed):
        total = seconds(lambda: list(train(config)))
    return spent / (total - spent)


def reproduction_ratio(store: Store, config: TrialConfig) -> float:
    """The time of a reproduction, from the record to the verdict recorded, over that of training and recording."""
    made: list[str] = []

    def train_and_record() -> None:
        result = run_trial(config, artifacts=trial_artifacts)
        made.append(record_trial(store, result, "timed", {Tag.PHASE: Phase.SINGLE}))

    first = seconds(train_and_record)

    def again() -> None:
        of = load_record(store, read_trial(store, made[0]))
        if reproduce_trial(of, of.verify(), 0.0, store, NullProgress()).verdict != IDENTICAL:
            raise RuntimeError("a reproduction differs")

    return seconds(again) / first


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def worst(found: Iterable[Spread]) -> float:
    """The largest of some medians."""
    return max(each.median for each in found)
