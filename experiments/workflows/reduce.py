"""Reductions: the smallest linear network that does what a recorded one does, as a run of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from experiments.report.figures.reduction_figure import reduction_picture
from experiments.report.summary import SweepSummary
from experiments.report.table import csv_text
from experiments.report.trial_artifacts import trial_artifacts
from experiments.workflows.network_choice import LINEAR, NetworkChoice, choose_network
from experiments.workflows.trial import attach_data_files, load_recorded_data
from linrnn.analysis.reduction import MARGIN, Reduction, to_history
from linrnn.analysis.task_reduction import reduce_to_task, reduction_model
from linrnn.baseline.baselines import Baselines
from linrnn.data.digests import data_digests
from linrnn.models.model import Model, flatten, unflatten
from linrnn.tasks.task import TaskData
from linrnn.training.history import Weights
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, to_text
from tracking.runs.artifacts import parse_weights, weights_file
from tracking.runs.environment import trial_environment
from tracking.runs.reader import is_shared
from tracking.runs.reduction_record import ReductionRequest, is_exact_reduction, parse_request, reduction_file
from tracking.runs.source_code import uncommitted_diff
from tracking.runs.verification import TrialRecord
from tracking.runs.writer import record_trial
from tracking.schema import Artifact, Phase, Tag
from tracking.store.access import Store
from tracking.store.locks import SINGLE

FIGURE_FILES = (Artifact.REDUCTION_FIGURE, Artifact.REDUCTION_TABLE)


class ReductionRun(NamedTuple):
    """A reduction, what was asked for, and the run that records it."""

    request: ReductionRequest
    reduction: Reduction
    result: TrialResult
    run_id: str


def reduce_network_run(store: Store, choice: NetworkChoice, order: int | None, margin: float) -> ReductionRun:
    """Reduce a recorded network and record the result.

    Parameters
    ----------
    store : Store
    choice : NetworkChoice
        The network.
    order : int, optional
        Hidden size of the result; by default the smallest one within the margin.
    margin : float
        Largest relative increase of the validation loss.

    Returns
    -------
    ReductionRun

    Raises
    ------
    ConfigError
        If the order is not in 1 to the network's, or the network cannot be reduced. Nothing is written then.
    DataError
        If the user's file is missing and the record has no copy, or it cannot be used any more.
    """
    record = choice.record
    request = ReductionRequest(record.run_id, to_text(choice.result.config), choice.replica, order, margin)
    data = load_recorded_data(choice.result.config, record.copy)
    reduction, result = reduce_trial(request, choice.weights, data, record.baselines())
    result = attach_data_files(result, data)
    omit = {name for name in result.files if is_shared(name) and record.find_file(name) == result.files[name]}
    tags: dict[str, str] = {
        Tag.PHASE: Phase.REDUCTION,
        Tag.REDUCTION_SOURCE: record.run_id,
        Tag.PARENT: record.run_id,
    }
    with store.lock([SINGLE], wait=60):
        run_id = record_trial(store, result, f"reduction to {reduction.order} of {record.name}", tags, omit=omit)
    return ReductionRun(request, reduction, result, run_id)


def measure_reduction(choice: NetworkChoice, margin: float = MARGIN) -> Reduction:
    """Reduce a recorded network to the smallest order within a margin, without recording it: for a table of tasks."""
    data = load_recorded_data(choice.result.config, choice.record.copy)
    return reduce_to_task(choice.model, choice.parameters, data.splits, margin=margin)


def measure_orders(store: Store, summaries: Sequence[SweepSummary]) -> dict[str, int | None]:
    """Return the order that the best replica of each sweep's linear confirmation reduces to, by task.

    None where linear was not confirmed, or all its replicas diverged.
    """
    orders: dict[str, int | None] = {}
    for summary in summaries:
        runs = [
            each.run_id
            for each in summary.confirmations
            if each.model == LINEAR and each.diverged < len(each.test_loss)
        ]
        orders[summary.task] = measure_reduction(choose_network(store, runs[0])).order if runs else None
    return orders


def repeat_reduction(record: TrialRecord, data: TaskData) -> TrialResult:
    """Repeat the reduction of a record, as it was made, from the weights that it has of the original network."""
    content = record.read(Artifact.REDUCTION)
    request, is_exact = parse_request(content), is_exact_reduction(content)
    stacked = parse_weights(record.read(Artifact.SOURCE_WEIGHTS))
    shapes = {name: stacked[name].shape[1:] for name in request.config.model.shapes(1, 1)}
    return reduce_trial(request, flatten(stacked, shapes), data, record.baselines(), is_exact)[1]


def reduce_trial(
    request: ReductionRequest,
    weights: Weights,
    data: TaskData,
    baselines: Baselines | None,
    is_exact: bool = True,
) -> tuple[Reduction, TrialResult]:
    """Reduce a network of weights `(1, P)` on its task; return the reduction, and its network as a trial's result."""
    started, source, splits = time.time(), request.config, data.splits
    shapes = source.model.shapes(splits.train.inputs.shape[2], splits.train.targets.shape[2])
    parameters = {name: value[0] for name, value in unflatten(weights.astype(np.float64), shapes).items()}
    reduction = reduce_to_task(source.model, parameters, splits, request.order, request.margin, is_exact)
    config = reduction_config(replace(source, task=data.task), reduction_model(source.model, reduction))
    result = TrialResult(
        config,
        to_history(reduction, splits, config.model),
        started,
        time.time() - started,
        trial_environment(config),
        data_digests(splits),
        np.array([reduction.selection.test_loss]),
    )
    picture = reduction_picture(source.task.label, reduction)
    files = {
        **trial_artifacts(result, splits, baselines),
        Artifact.SOURCE_WEIGHTS: weights_file(weights, shapes),
        Artifact.REDUCTION: reduction_file(request, reduction),
        Artifact.REDUCTION_TABLE: csv_text(picture.table).encode(),
        Artifact.REDUCTION_FIGURE: picture.png(),
    }
    return reduction, replace(result, files={**files, **uncommitted_diff()})


def reduction_config(source: TrialConfig, model: Model) -> TrialConfig:
    """Return the config of a reduction's run: its network, one replica, and one epoch, without training."""
    return replace(source, model=model, training=replace(source.training, replicas=1, epochs=1, device="cpu"))
