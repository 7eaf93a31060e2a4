"""Losses of the weights of a training, evaluation by evaluation, by the compiled kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from linrnn import kernels
from linrnn.data.sequences import Array
from linrnn.kernels.compilation import zeros
from linrnn.kernels.execution import run
from linrnn.kernels.interface import plan_evaluation
from linrnn.kernels.lanes import lane_groups
from linrnn.kernels.network_plan import CHUNK, EvaluationPlan
from linrnn.training.history import Losses


class ReplicaGroup(NamedTuple):
    """Replicas from one to another, and the array, with the data, in which so many are computed side by side."""

    begin: int
    end: int
    plan: EvaluationPlan
    array: Array  # (size, lanes)
    total: Array  # (lanes,)


class KernelEvaluation:
    """`kernels.evaluate` of S replicas for one network and its data, whose arrays are placed once.

    To place them takes a fifth of the time of an evaluation of ten networks of ten units.

    Parameters
    ----------
    objective : kernels.Objective
        Data and loss.
    architecture : kernels.Architecture
        Recurrences and readout.
    """

    def __init__(self, objective: kernels.Objective, architecture: kernels.Architecture | None) -> None:
        self.objective, self.architecture = objective, architecture
        self.groups: list[ReplicaGroup] = []

    def losses(self, weights: Array) -> Losses:
        """Losses (S,) at weights (S, P), bit by bit those of `kernels.evaluate`."""
        if not self.groups or self.groups[-1].end != len(weights):
            self.groups = [*self.place(len(weights), weights.dtype)]
        if not self.groups:
            return kernels.evaluate(weights, self.objective, self.architecture)
        losses = np.zeros(len(weights))
        for begin, end, plan, a, total in self.groups:
            ((_, _, advance),) = plan.chunks
            line = a.ravel()
            for first in range(begin, end, a.shape[1]):
                part = weights[first : min(first + a.shape[1], end)]
                plan.row.view(a)[0, :, : len(part)] = part.T
                run(line, total, plan.start)
                run(line, total, advance)
                losses[first : first + len(part)] = total[: len(part)]
        losses *= self.objective.factor
        return losses

    def place(self, replicas: int, dtype: Any) -> Iterator[ReplicaGroup]:
        """Yield the groups of so many replicas; none where the data do not stay in an array, but come in chunks."""
        rows, *loss = self.objective.shape
        sizes = self.objective.sizes(self.architecture)
        for begin, end, lanes in lane_groups(replicas, sizes, min(rows, CHUNK), dtype):
            plan = plan_evaluation(sizes, rows, *loss, lanes)
            if len(plan.chunks) > 1:
                return
            a = zeros(plan.layout.size * lanes, dtype).reshape(-1, lanes)
            plan.put_constants(a)
            plan.inputs.put(a, self.objective.inputs)
            plan.targets.put(a, self.objective.targets)
            yield ReplicaGroup(begin, end, plan, a, np.zeros(lanes))
