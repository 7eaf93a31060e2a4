"""Floors: losses that a class of predictors cannot beat, from a task's data alone, before anything is trained."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from linrnn.baseline import classification, regression
from linrnn.baseline.lags import LagLoss, counted_targets, lags_to_try
from linrnn.data.sequences import Splits
from linrnn.tasks.task import Task

ROUNDING = 1e-12  # a floor below it is 0
LEAST_GAP = 0.01  # of the linear floor, by which the nonlinear reference is below it where there is a gap to close


@dataclass(frozen=True)
class Baselines:
    """Losses on the test split, on the steps that count: 1 is what the best constant there has."""

    task: str
    trivial: float  # the mean of the train targets, or the last input where it does better on val
    linear: float  # the best linear time-invariant predictor: least squares on lags 0 to linear_lags and a constant
    linear_lags: int  # chosen on val
    analytic: float | None  # the linear floor in closed form, where it is known
    nonlinear: float  # kernel ridge regression on lags: a reference, no bound
    noise: float | None  # that no predictor goes below, where it is known
    targets: int  # of the test split, that count
    curve: tuple[LagLoss, ...]  # the linear predictors of all numbers of lags that were tried

    @property
    def lines(self) -> dict[str, float]:
        """Name -> loss of those that are known."""
        named = {
            "trivial": self.trivial,
            "linear": self.linear,
            "analytic": self.analytic,
            "nonlinear": self.nonlinear,
            "noise": self.noise,
        }
        return {name: loss for name, loss in named.items() if loss is not None}

    def excess(self, loss: float) -> float | None:
        """A loss over the linear floor; None where that is 0 but for rounding."""
        return loss / self.linear if self.linear > ROUNDING else None

    def gap_closed(self, loss: float) -> float | None:
        """How much of the way from the linear floor to the nonlinear reference a loss has come; 1 is all of it.

        None where the reference is not below the floor by what counts, LEAST_GAP of it.
        """
        gap = self.linear - self.nonlinear
        return (self.linear - loss) / gap if gap > max(LEAST_GAP * self.linear, ROUNDING) else None


def limit_blas() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread in the body, where threadpoolctl is installed."""
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def compute_baselines(task: Task, splits: Splits | None = None) -> Baselines:
    """The floors of a task (`splits` only saves making its data again)."""
    data = splits or task.splits()
    family = classification if data.train.classes else regression
    with limit_blas():  # more threads would wait for each other where workers train
        linear = family.linear(data, lags_to_try(data.train))
        return Baselines(
            task.label,
            family.trivial(data, task.ahead > 0),
            linear.best.test,
            linear.best.lags,
            task.linear_floor,
            family.nonlinear(data, linear),
            task.noise_floor,
            len(counted_targets(data.test)),
            linear.curve,
        )
