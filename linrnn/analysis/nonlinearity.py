"""Nonlinearity tests of a task: surrogates, auxiliary regressions, and dependence of the residuals of a linear fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from linrnn.analysis.auxiliary_regression import column_count, most_terms, product_terms, regress_residuals
from linrnn.analysis.linear_residuals import LinearFit, fit_linear, join_splits, whiten
from linrnn.analysis.nonlinearity_tests import DEPENDENCE, MEAN, NonlinearityTest, NonlinearityTests
from linrnn.analysis.surrogates import VALUES, compare_surrogates
from linrnn.baseline.baselines import limit_blas
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.errors import ConfigError, DataError
from linrnn.tasks import TASKS
from linrnn.tasks.series import Series
from linrnn.tasks.task import Task

LEAST_TARGETS = 40  # for tests with any power
FEW, MOST = 500, 2000  # residuals for BDS: fewer have a p by permutations; only the latest are tested
PERMUTATIONS = 199
SQUARE_LAGS = 10  # autocorrelations of squares
MOST_NAMES = 3  # columns that a null hypothesis names one by one
REGRESSIONS = {
    "squares and cubes": (2, 3),  # Teraesvirta, Lin & Granger 1993
    "products": (2,),  # Tsay 1986
}  # degrees of the products


def compute_nonlinearity_tests(
    task: Task | str, splits: Splits | None = None, step_losses: Mapping[str, Array] | None = None
) -> NonlinearityTests:
    """Test the training and validation data of a task for nonlinearity.

    Parameters
    ----------
    task : Task or str
        The task, or the name of a built-in one with its default settings.
    splits : Splits, optional
        The sequences of the task, where they are in memory.
    step_losses : mapping of str to array (T', B), optional
        Losses of the baselines `linear` and `nonlinear` at each test step, for the detection ratio.

    Returns
    -------
    NonlinearityTests
        The tests, with `.table()`. Of several outputs the first is tested. The same data give the same results.

    Raises
    ------
    ConfigError
        If there is no task of that name, or its targets are classes.
    DataError
        If the data are too few, or cannot be used.

    References
    ----------
    Surrogates: Schreiber & Schmitz 1996, 1997. BDS: Brock, Dechert, Scheinkman & LeBaron 1996. Squares of residuals:
    McLeod & Li 1983. Squares and cubes: Teraesvirta, Lin & Granger 1993. Products: Tsay 1986.

    Examples
    --------
    >>> from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
    >>> compute_nonlinearity_tests("henon").effect > 0.9
    True
    """
    if isinstance(task, str):
        task = TASKS[TASKS.check(task)]()
    data = splits or task.splits()
    if data.train.classes:
        raise ConfigError(f"nonlinearity tests are for regression, and the targets of {task.label} are classes")
    with limit_blas():
        sequences = join_splits(data)
        fit = fit_linear(sequences, task.forecast_horizon)
        if fit.targets.size < LEAST_TARGETS:
            raise DataError(
                f"{task.label} has {fit.targets.size} targets before its test split, and nonlinearity tests need "
                f"{LEAST_TARGETS}: add rows"
            )
        samples = {"inputs": fit.design[:, 1], "residuals": fit.residuals.ravel()}
        if fit.is_exact:
            return NonlinearityTests(task.label, (), samples=samples)
        spacing = lag_spacing(sequences, fit.horizon)
        regressions, effect = run_regressions(sequences, fit, spacing, name_columns(task, sequences.inputs.shape[2]))
        surrogates, statistics = run_surrogate_tests(sequences, fit, spacing)
        tests = (*regressions, *surrogates, *run_residual_tests(innovations(sequences, fit)))
        return NonlinearityTests(task.label, tests, effect, detection_ratio(step_losses or {}), samples | statistics)


def detection_ratio(step_losses: Mapping[str, Array]) -> float | None:
    """Return how far the nonlinear baseline is below the linear one, in half-widths of the difference's 95 % interval.

    The variance of the mean difference is that of Newey & West 1987 over T'^(1/3) steps; over sequences, where these
    are more than the steps. None if a baseline lacks step losses `(T', B)`.
    """
    if not {"linear", "nonlinear"} <= set(step_losses):
        return None
    difference = np.asarray(step_losses["linear"] - step_losses["nonlinear"], float)
    steps, batch = difference.shape
    means, span = (difference.mean(axis=1), round(steps ** (1 / 3))) if steps > batch else (difference.mean(axis=0), 0)
    centered, length = means - means.mean(), len(means)
    covariances = [centered[k:] @ centered[: length - k] / length for k in range(span + 1)]
    variance = covariances[0] + 2 * sum((1 - k / (span + 1)) * covariances[k] for k in range(1, span + 1))
    return float(means.mean() / (1.96 * np.sqrt(variance / length))) if variance > 0 else None


def name_columns(task: Task, features: int) -> list[str]:
    """Return a name for each input of a task: its column where it has one, else its number; empty for the only one."""
    if isinstance(task, Series) and not task.is_archive:
        column = task.target_column or ""
        names = task.input_names(column)
        return [f"changes of {name}" if task.relative != "no" and name == column else name for name in names]
    return [""] if features == 1 else [f"input {k + 1}" for k in range(features)]


def describe_lags(names: Sequence[str], count: int, spacing: int = 1) -> str:
    """Describe the first `count` lags, which are sorted by step, the last one first, and within it by column."""
    apart = f", {spacing} steps apart," if spacing > 1 else ""
    if list(names) == [""]:
        return "the last input" if count == 1 else f"the last {count} inputs{apart}"
    steps, rest = divmod(count, len(names))
    groups = [(steps + 1, names[:rest]), (steps, names[rest:])]
    return " and ".join(
        f"the last {length} values of {list_names(columns)}{apart}"
        if length > 1
        else f"the last value of {list_names(columns)}"
        for length, columns in groups
        if length and columns
    )


def list_names(names: Sequence[str]) -> str:
    """Name some columns; many by the first, the last, and their number."""
    if len(names) > MOST_NAMES:
        return f"{names[0]}, ..., {names[-1]} ({len(names)} columns)"
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def run_regressions(
    sequences: Sequences, fit: LinearFit, spacing: int, names: Sequence[str] = ("",)
) -> tuple[list[NonlinearityTest], float]:
    """Run the auxiliary regressions on lags `spacing` steps apart; return the tests, and the larger adjusted R^2 or 0.

    The linear fit gets more lags where the products have more. `names` are those of the inputs, for the null
    hypothesis.
    """
    features = sequences.inputs.shape[2]
    steps, batch = fit.residuals.shape
    most = most_terms(steps, batch, fit.dependence)
    tests, effects = [], [0.0]
    for name, degrees in REGRESSIONS.items():
        count = column_count(degrees, most)
        wide = fit_linear(sequences, fit.horizon, (-(-count // features) - 1) * spacing)
        lags = wide.design[:, 1:].reshape(len(wide.design), -1, features)[:, ::spacing]
        columns = lags.reshape(len(lags), -1)[:, :count]
        result = regress_residuals(wide.residuals, wide.design, product_terms(columns, degrees), wide.dependence)
        words = "squares, cubes and products" if 3 in degrees else "squares and products"
        lagged = describe_lags(names, columns.shape[1], spacing)
        null = f"{words} of {lagged} do not predict what a linear fit leaves"
        tests.append(NonlinearityTest(name, null, result.statistic, result.p, MEAN, result.rows))
        effects.append(result.effect)
    return tests, max(effects)


def lag_spacing(sequences: Sequences, horizon: int) -> int:
    """Return the steps between the lags that are multiplied, and that neighbors are close in.

    One step ahead it is 1. Further ahead consecutive values of a smooth series say the same: it is the first lag whose
    autocorrelation is below 1/e, at most the horizon.
    """
    series = own_series(sequences, horizon)
    if series is None or horizon == 1:
        return 1
    x = series - series.mean()
    correlations = [(x[k:] * x[: len(x) - k]).mean() / x.var() for k in range(1, min(horizon, len(x) // 2))]
    return next((k for k, value in enumerate(correlations, 1) if value < np.exp(-1)), horizon)


def own_series(sequences: Sequences, horizon: int) -> Array | None:
    """Return the series `(time, batch)` that is predicted from its own past alone; None if there is another input."""
    if not horizon or sequences.inputs.shape[2] != 1:
        return None
    return np.concatenate([sequences.inputs[:, :, 0], sequences.targets[-horizon:, :, 0]])


def run_surrogate_tests(
    sequences: Sequences, fit: LinearFit, spacing: int
) -> tuple[list[NonlinearityTest], dict[str, Array]]:
    """Compare a series with its surrogates; return the tests, and the surrogates' statistics by name of the test."""
    series = own_series(sequences, fit.horizon)
    if series is None:
        return [], {}
    parts = series[-VALUES:, : max(VALUES // len(series), 1)]
    comparison = compare_surrogates(parts, fit.lags, fit.horizon, spacing, np.random.default_rng(0))
    null = "the series is a linear Gaussian process, observed through a monotonic function"
    names = {"surrogates, nearest neighbors": MEAN, "surrogates, time reversal": DEPENDENCE}
    tests = [
        NonlinearityTest(name, null, *result[:2], subject, parts.size)
        for (name, subject), result in zip(names.items(), comparison, strict=True)
    ]
    return tests, {test.name: result.surrogates for test, result in zip(tests, comparison, strict=True)}


def innovations(sequences: Sequences, fit: LinearFit) -> Array:
    """Return what a linear predictor, one step ahead, leaves of the targets, `(T', B)`."""
    series = own_series(sequences, fit.horizon)
    return fit.residuals if fit.horizon == 1 else whiten(fit.residuals if series is None else series)


def run_residual_tests(residuals: Array) -> list[NonlinearityTest]:
    """Test whether residuals `(T', B)` depend on each other.

    No test where they are no series; none of squares, for example, where these are all the same.
    """
    from statsmodels.stats.diagnostic import acorr_ljungbox

    if len(residuals) <= 2 * SQUARE_LAGS:
        return []
    e = residuals.T.ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = acorr_ljungbox(np.square(e), [SQUARE_LAGS]).iloc[0]
        bds = compute_bds(e[-MOST:])
    tests = [
        NonlinearityTest("BDS", "what a linear fit leaves is independent in time", *bds, DEPENDENCE, len(e[-MOST:])),
        NonlinearityTest(
            "squares of residuals",
            f"squares of what a linear fit leaves are uncorrelated up to lag {SQUARE_LAGS}",
            float(squares["lb_stat"]),
            float(squares["lb_pvalue"]),
            DEPENDENCE,
            len(e),
        ),
    ]
    return [test for test in tests if np.isfinite([test.statistic, test.p]).all()]


def compute_bds(residuals: Array) -> tuple[float, float]:
    """Return the BDS statistic of residuals `(N,)` for pairs of values, and its p, by permutations where N is small."""
    from statsmodels.tsa.stattools import bds

    statistic, p = (float(each) for each in bds(residuals))
    if len(residuals) >= FEW:
        return statistic, p
    rng = np.random.default_rng(0)
    values = np.array([bds(rng.permutation(residuals))[0] for _ in range(PERMUTATIONS)])
    tail = min((values >= statistic).sum(), (values <= statistic).sum())
    return statistic, min(2 * (1 + int(tail)) / (1 + PERMUTATIONS), 1.0)
