"""Baselines and bounds of a task, from its data alone, before anything is trained.

A baseline is the test loss of a predictor that was fitted and is no network: an estimate, which a network can beat.
A bound is proved to be the lowest expected loss of a class of predictors: no member of the class can beat it, but for
the chance of a finite test split.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linrnn.baseline import classification, regression
from linrnn.baseline.candidate import CandidateLoss
from linrnn.baseline.lags import LagLoss, flatten_targets
from linrnn.data.sequences import Array, Splits, rounding_loss
from linrnn.data.step_losses import thin_steps
from linrnn.tasks import TASKS
from linrnn.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

RESOLUTION = 1e-10  # loss that rounding to single precision causes in networks that are trained with it
ROUNDING = 1e-12  # a smaller loss is 0
LEAST_GAP = 0.01  # of the linear baseline, by which the nonlinear one is lower where there is a gap to close
BOUNDS = ("analytic", "noise")


@dataclass(frozen=True)
class Baselines:
    """Baselines and bounds of a task: losses on the test split, where 1 is the loss of the best constant predictor.

    The baselines `naive`, `linear` and `nonlinear` are losses of predictors whose hyperparameters were chosen on the
    validation split and which were then fitted to the training and validation splits: estimates, which a network can
    beat. The bounds `analytic` and `noise` are proved for a class of predictors.

    Parameters
    ----------
    task : str
        Label of the task.
    naive : float
        Baseline: of the mean of the targets and, for forecasts, the last value and the value a period before, the one
        of the lowest validation loss; for classes, their frequencies.
    linear : float
        Baseline: the best linear predictor that can be fitted without training a network; for classes logistic
        regression.
    linear_lags : int
        Number of lags of least squares on the inputs x_t, ..., x_{t - lags} and a constant, chosen by validation loss.
    analytic : float or None
        Bound: the loss of the best linear time-invariant predictor in closed form, where it is known.
    nonlinear : float
        Baseline: kernel ridge regression (for classes logistic regression on kernel features) on past inputs, of what
        the linear baseline leaves.
    noise : float or None
        Bound: the loss of the best predictor of any kind, where it is known.
    targets : int
        Number of test targets.
    curve : tuple of LagLoss
        Validation and test loss of least squares on each number of lags, fitted to the training split.
    naive_method, linear_method : str
        The predictors in words; empty if they are not recorded.
    resolution : float
        Loss below which differences are rounding: of the values in the user's file, or of single precision.
    candidates : tuple of CandidateLoss
        Name, validation loss and test loss of the best linear predictor of each family. Those whose validation loss is
        within a standard error of the lowest are averaged.
    step_losses : mapping of str to array (T', B)
        Losses of `naive`, `linear` and `nonlinear` at each test step that counts, of each sequence, whose means they
        are; of more than 200,000 values, means of consecutive steps. Empty in records of earlier versions.
    unit : float or None
        Root mean square error of a loss of 1, in the data's own unit; None where there is no such unit.
    mae : mapping of str to float
        Mean absolute error of `naive`, `linear` and `nonlinear`, in the data's own unit; empty without one, and in
        records of earlier versions.
    """

    task: str
    naive: float
    linear: float
    linear_lags: int
    analytic: float | None
    nonlinear: float
    noise: float | None
    targets: int
    curve: tuple[LagLoss, ...]
    naive_method: str = ""
    resolution: float = RESOLUTION
    linear_method: str = ""
    candidates: tuple[CandidateLoss, ...] = ()
    step_losses: Mapping[str, Array] = field(default_factory=dict, compare=False, repr=False)
    unit: float | None = None
    mae: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_naive_value(self) -> bool:
        """Whether the naive baseline is an earlier value of the series."""
        return "value" in self.naive_method

    @property
    def bounds(self) -> dict[str, float]:
        """Name -> loss of the bounds that are known."""
        return {name: loss for name, loss in self.lines.items() if name in BOUNDS}

    @property
    def rmse(self) -> dict[str, float]:
        """Name -> root mean square error of the baselines, in the data's own unit; empty without one."""
        if self.unit is None:
            return {}
        return {name: self.unit * loss**0.5 for name, loss in self.lines.items() if name not in BOUNDS}

    @property
    def lines(self) -> dict[str, float]:
        """Name -> loss of the baselines and of the bounds that are known."""
        losses = {name: getattr(self, name) for name in ("naive", "linear", "analytic", "nonlinear", "noise")}
        return {name: loss for name, loss in losses.items() if loss is not None}

    def gap_fraction(self, loss: float) -> float | None:
        """Return how far a loss is from the linear (0) to the nonlinear baseline (1).

        None where the nonlinear baseline is not lower by LEAST_GAP of the linear one.
        """
        gap = self.linear - self.nonlinear
        return (self.linear - loss) / gap if gap > max(LEAST_GAP * self.linear, ROUNDING) else None

    def table(self) -> DataFrame:
        """Return the baselines and bounds as a table.

        Returns
        -------
        pandas.DataFrame
            A row for each, indexed by its name: `kind` (`baseline` or `bound`), `loss` and `predictor`.
        """
        from pandas import DataFrame

        predictors = {
            "naive": self.naive_method or "mean, or the last value",
            "linear": self.linear_method or f"least squares, {self.linear_lags} lags",
            "analytic": "best linear predictor, in closed form",
            "nonlinear": "kernel regression, fitted on lags",
            "noise": "best predictor of any kind",
        }
        rows = {
            name: ("bound" if name in BOUNDS else "baseline", loss, predictors[name])
            for name, loss in self.lines.items()
        }
        return DataFrame.from_dict(rows, orient="index", columns=["kind", "loss", "predictor"])

    def plot(self) -> Figure:
        """Draw the test loss of least squares by number of lags, beside the baselines and bounds.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; losses below 1e-12 are drawn there.
        """
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
        pyplot.close(figure)  # a notebook shows the returned figure, once
        axes.plot(
            [point.lags for point in self.curve],
            [max(point.test, ROUNDING) for point in self.curve],
            marker=".",
            label="least squares",
        )
        for number, (name, loss) in enumerate(self.lines.items(), 1):
            kind, style = ("bound", ":") if name in BOUNDS else ("baseline", "--")
            axes.axhline(max(loss, ROUNDING), color=f"C{number}", linestyle=style, label=f"{name} {kind} {loss:.3g}")
        axes.set(title=self.task, xlabel="lags", ylabel="test loss", yscale="log")
        axes.legend()
        return figure


def limit_blas() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread in the body, where threadpoolctl is installed."""
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def compute_baselines(task: Task | str, splits: Splits | None = None) -> Baselines:
    """Compute the baselines and bounds of a task, before anything is trained.

    Parameters
    ----------
    task : Task or str
        The task, or the name of a built-in one with its default settings.
    splits : Splits, optional
        The sequences of the task, where they are in memory.

    Returns
    -------
    Baselines
        Losses on the test split: baselines (`naive`, `linear`, `nonlinear`) and bounds (`analytic`, `noise`), with
        `.table()` and `.plot()`.

    Raises
    ------
    ConfigError
        If there is no task of that name, or it has no sequences with its settings.
    DataError
        If the user's data cannot be used.

    References
    ----------
    Least squares on lags is the Wiener filter (Wiener 1949) of finite order; see Hurvich & Tsai 1989 for the order of
    autoregressions, Box & Jenkins 1970 for seasonal ARMA models, Larimore 1990 for state spaces, Bates & Granger 1969
    for means of predictors, and Saunders, Gammerman & Vovk 1998 for kernel ridge regression.

    Examples
    --------
    >>> import linrnn
    >>> linrnn.baselines("xor").linear > 0.9
    True
    """
    if isinstance(task, str):
        task = TASKS[TASKS.check(task)]()
    data = splits or task.splits()
    family = classification if data.train.classes else regression
    with limit_blas():  # more threads would wait for each other where workers train
        naive = family.naive(data, task.forecast_horizon)
        linear = family.linear(data, task.forecast_horizon)
        nonlinear = family.nonlinear(data, linear)
    references, unit = {"naive": naive, "linear": linear, "nonlinear": nonlinear}, data.test.unit
    absolute_errors = {name: each.absolute_error for name, each in references.items()}
    return Baselines(
        task.label,
        naive.loss,
        linear.loss,
        linear.lag_search.best.lags,
        task.linear_bound,
        nonlinear.loss,
        task.noise_bound,
        len(flatten_targets(data.test)),
        linear.lag_search.curve,
        naive_method=naive.method,
        resolution=max(RESOLUTION, rounding_loss(data.test)),
        linear_method=linear.method,
        candidates=linear.candidates,
        unit=None if unit is None else unit * data.test.scale**0.5,
        mae={name: unit * error for name, error in absolute_errors.items() if unit is not None and error is not None},
        step_losses={name: thin_steps(each.step_losses) for name, each in references.items()},
    )
