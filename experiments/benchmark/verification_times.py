"""The cost of verification: digests of weights, and the time of a reproduction relative to that of training."""

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
from linrnn.models import DEFAULT_MODELS
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
    """Time of a trial's digests in % of its training, and of its reproduction relative to training and recording."""

    config: TrialConfig
    digests: Spread
    reproduction: Spread


def costs(store: Store, quick: bool) -> Iterator[Cost]:
    """Yield the costs for each model type and size on `sine`, with the other settings at their defaults."""
    for model in DEFAULT_MODELS:
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
    """Return the time of a training's digests divided by that of the rest."""
    digest_seconds = 0.0

    def wrapper(rows: Any) -> Any:
        nonlocal digest_seconds
        start = time.perf_counter()
        values = row_digests(rows)
        digest_seconds += time.perf_counter() - start
        return values

    with patch("linrnn.training.loop.row_digests", wrapper):
        total = seconds(lambda: list(train(config)))
    return digest_seconds / (total - digest_seconds)


def reproduction_ratio(store: Store, config: TrialConfig) -> float:
    """Return the time of a reproduction, recorded verdict included, divided by that of training and recording."""
    run_ids: list[str] = []

    def train_and_record() -> None:
        result = run_trial(config, artifacts=trial_artifacts)
        run_ids.append(record_trial(store, result, "timed", {Tag.PHASE: Phase.SINGLE}))

    first = seconds(train_and_record)

    def reproduce() -> None:
        record = load_record(store, read_trial(store, run_ids[0]))
        if reproduce_trial(record, record.verify(), 0.0, store, NullProgress()).verdict != IDENTICAL:
            raise RuntimeError("a reproduction differs")

    return seconds(reproduce) / first


def seconds(work: Callable[[], object]) -> float:
    """Return the duration of a function call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def largest_median(values: Iterable[Spread]) -> float:
    """Return the largest median."""
    return max(each.median for each in values)
