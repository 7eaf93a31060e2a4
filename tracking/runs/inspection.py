"""Inspection of runs: what each lacks or contradicts, by its tags, params and metrics, its digests and its curves.

Anybody can edit a store: in the MLflow UI, by its API, in the files. Weights are compared with their digests by
`verification`, which takes longer.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from linrnn.errors import LinrnnError
from linrnn.training.history import TrainingHistory
from tracking.run_views import ADVICE, LinrnnRun, SweepRun, TrialRun
from tracking.runs.artifacts import UNREADABLE, config_file
from tracking.runs.reader import read_config, read_file
from tracking.runs.trial_metrics import loss_measures
from tracking.runs.verification import load_record, param_damage
from tracking.schema import (
    FAILED,
    FORMS,
    OBJECTIVE_VERSION,
    OUTCOMES,
    VERDICTS,
    Artifact,
    CurveArray,
    Metric,
    Param,
    Phase,
    Tag,
)
from tracking.store.access import Store
from tracking.sweep_identity import sweep_identity

T = TypeVar("T", bound=LinrnnRun)

CHILDREN = (Phase.SEARCH, Phase.CONFIRMATION)  # phases of the trials of a sweep
TESTED = (Phase.CONFIRMATION, Phase.SINGLE, Phase.EVIDENCE)  # phases whose trials have a test loss
EPOCHS = "training.epochs"
NOTHING: Any = np.empty(0)


class Inspection(NamedTuple, Generic[T]):
    """Some runs without a fault, and what is wrong with the others, a sentence for each."""

    sound: list[T]
    faults: list[str]


def inspect_runs(store: Store, runs: Iterable[T]) -> Inspection[T]:
    """Tell the runs without a fault from the others."""
    results = [(run, find_fault(store, run)) for run in runs]
    return Inspection([run for run, fault in results if not fault], [fault for _, fault in results if fault])


def find_fault(store: Store, run: LinrnnRun) -> str | None:
    """Return the first thing that a run lacks or contradicts, in words with its id; None for a sound one.

    Runs that are open or were interrupted are sound: they are not complete yet, or trained again.
    """
    try:
        if isinstance(run, SweepRun):
            check_sweep(store, run)
        elif isinstance(run, TrialRun) and not run.is_claims:
            check_trial(store, run)
    except LinrnnError as error:
        return str(error).removesuffix(ADVICE)
    return None


def check_sweep(store: Store, run: SweepRun) -> None:
    """Raise SchemaError where the tags, params and baselines of a sweep's run are not those that a sweep has."""
    if run.version < OBJECTIVE_VERSION and not run.find_tag(Tag.BASELINES):
        return  # versions before 0.1.0 wrote these
    for tag in (Tag.TASK, Tag.STUDIES, Tag.IDENTITY):
        run.tag(tag)
    if not run.is_finished:
        return
    run.tag(Tag.BASELINES)
    for param in (Param.MODELS, Param.PRESETS, Param.TRIALS):
        run.param(param)
    _ = run.n_trials
    if sweep_identity(run.params, run.studies) != run.identity:
        raise run.error(f"has params or studies that are not those of its tag '{Tag.IDENTITY}'")
    if "task.file" not in run.params and run.task != run.param("task"):
        raise run.error(f"has {run.task!r} as its tag '{Tag.TASK}', and {run.params['task']!r} as its param 'task'")
    if sha256(read_file(store, run, Artifact.BASELINES)).hexdigest() != run.tag(Tag.BASELINES):
        raise run.error(f"has a {Artifact.BASELINES} that is not the file whose SHA-256 is in its tag")
    verdict = run.find_tag(Tag.VERDICT)
    if verdict not in (None, *VERDICTS):
        raise run.error(f"has {verdict!r} as its tag '{Tag.VERDICT}', which is no verdict")


def check_trial(store: Store, run: TrialRun) -> None:
    """Raise SchemaError where the run of a trial that was written to its end contradicts itself."""
    if (run.version and run.is_running) or not run.is_recorded:
        return
    if (run.outcome == FAILED) is run.is_finished:
        raise run.error(f"has the outcome {run.outcome}, and its status is {run.info.status}")
    check_place(run)
    _ = run.model, run.seconds
    if run.has_result:
        if run.tag(Tag.FORM) not in FORMS:
            raise run.error(f"has {run.tag(Tag.FORM)!r} as its tag '{Tag.FORM}', which is none of {', '.join(FORMS)}")
        check_files(store, run)
    else:
        read_config(run)


def check_place(run: TrialRun) -> None:
    """Raise SchemaError where a trial's phase does not fit its study, its number or its sweep."""
    if run.phase is Phase.SEARCH:
        run.tag(Tag.STUDY)
        _ = run.number
    elif run.study is not None:
        raise run.error(f"has the tag '{Tag.STUDY}', and {run.phase.value!r} as its tag '{Tag.PHASE}'")
    if run.phase in CHILDREN:
        run.tag(Tag.PARENT)


def check_files(store: Store, run: TrialRun) -> None:
    """Raise SchemaError where params, outcome and losses are not those of the files, or these are not as written."""
    content = read_file(store, run, Artifact.DIGESTS)
    if sha256(content).hexdigest() != run.tag(Tag.DIGESTS):
        raise run.error(f"has a {Artifact.DIGESTS} that is not the one whose SHA-256 is in its tag")
    curves = read_file(store, run, Artifact.CURVES)
    try:
        digests = json.loads(content)
        config, own = digests.get(Artifact.CONFIG), digests[Artifact.CURVES]
        if config is None:  # an early version's
            read_config(run)
        elif sha256(config_file(run.params)).hexdigest() != config:
            raise run.error(f"is damaged: {next(param_damage(load_record(store, run)))}")
        if sha256(curves).hexdigest() != own:
            raise run.error(f"has a {Artifact.CURVES} that is not the file that was written")
        check_losses(run, curves)
    except UNREADABLE as error:
        raise run.error(f"has files that do not fit together ({error})") from error


def check_losses(run: TrialRun, content: bytes) -> None:
    """Raise SchemaError where the metrics or the outcome of a trial are not those of its curves."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:  # reads an array when it is asked for
        epochs = tuple(arrays[CurveArray.EVALUATION_EPOCHS].tolist())
        val_loss = arrays[CurveArray.VAL_LOSS]
        test_loss = arrays.get(CurveArray.TEST_LOSS)
    history = TrainingHistory({}, NOTHING, NOTHING, epochs, val_loss, NOTHING, NOTHING, NOTHING, NOTHING, "")
    if test_loss is None and run.phase in TESTED:
        raise run.error(f"has no '{CurveArray.TEST_LOSS}' in its {Artifact.CURVES}, and the phase {run.phase.value}")
    measures = loss_measures(history, test_loss)
    loss = measures[Metric.OBJECTIVE if run.version >= OBJECTIVE_VERSION else Metric.BEST_VAL_LOSS]
    if run.version < OBJECTIVE_VERSION:
        del measures[Metric.OBJECTIVE]
    for name, value in measures.items():
        metric = run.metrics.get(name)
        if metric != value and not (metric is None and math.isinf(value)):
            raise run.error(f"has {metric} as its metric '{name}', and its files say {value}")
    is_whole = str(history.epoch) == run.params[EPOCHS]
    outcome = OUTCOMES[0 if is_whole else 1] if math.isfinite(loss) else OUTCOMES[2]
    if run.outcome != outcome and run.phase is not Phase.REDUCTION:
        raise run.error(f"has {run.outcome!r} as its tag '{Tag.OUTCOME}', and its curves are those of {outcome!r}")
