"""Surrogates of a series, and statistics that tell a nonlinear series from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Array

SURROGATES = 199
ITERATIONS = 100
VALUES = 2000  # of a series, at most: the latest
ENDS = 0.1  # part of a series at each end, within which it may be cut so that its ends match
NEIGHBORS = 10
DIMENSIONS = 2, 5  # past values that neighbors are close in: at least, at most


def match_ends(series: Array) -> Array:
    """Return the part of a series `(N,)` whose ends match best, in value and in slope.

    A Fourier transform continues a series periodically; a step from its end to its beginning would be noise in all
    surrogates (Schreiber & Schmitz 2000, section 4.2). At most ENDS of the series is cut on each side.
    """
    cut = int(ENDS * len(series))
    if cut < 1:
        return series
    heads, tails = np.arange(cut), len(series) - 1 - np.arange(cut)
    slopes = np.diff(series)
    jump = series[heads][:, None] - series[tails]
    slip = slopes[heads][:, None] - slopes[tails - 1]
    mismatch = np.square(jump) / max(series.var(), 1e-300) + np.square(slip) / max(slopes.var(), 1e-300)
    weight = len(series) - heads[:, None] - heads  # a longer part is better
    head, tail = np.unravel_index(np.argmin((mismatch + 1e-3) / weight), mismatch.shape)
    return series[head : tails[tail] + 1]


def draw_surrogates(series: Array, count: int, generator: np.random.Generator) -> Array:
    """Draw surrogates with the values of a series and very nearly its spectrum.

    Parameters
    ----------
    series : array (N,)
        The series.
    count : int
        Number of surrogates.
    generator : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array (count, N)
        Each a permutation of the series: draws from the null hypothesis of a linear Gaussian process that is observed
        through a monotonic function.

    References
    ----------
    Iterative amplitude-adjusted Fourier transform: Schreiber & Schmitz 1996.
    """
    amplitudes, ordered = np.abs(np.fft.rfft(series)), np.sort(series)
    surrogates = generator.permuted(np.tile(series, (count, 1)), axis=1)
    active = np.arange(count)
    for _ in range(ITERATIONS):
        spectra = np.fft.rfft(surrogates[active])
        sizes = np.abs(spectra)
        phases = np.where(sizes > 0, spectra / np.where(sizes > 0, sizes, 1), 1)
        smooth = np.fft.irfft(amplitudes * phases, len(series))
        values = np.empty_like(smooth)
        np.put_along_axis(values, np.argsort(smooth, axis=1), ordered[None], axis=1)
        changed = (values != surrogates[active]).any(axis=1)
        surrogates[active] = values
        active = active[changed]
        if not len(active):
            break
    return surrogates


def time_asymmetry(series: Array) -> Array:
    """Return the skewness of the differences of series `(..., N)`, which is 0 where time has no direction.

    References
    ----------
    Schreiber & Schmitz 1997, `rev`.
    """
    differences = np.diff(series)
    powers = np.square(differences)
    asymmetry: Array = (powers * differences).mean(axis=-1) / np.maximum(powers.mean(axis=-1), 1e-300) ** 1.5
    return asymmetry


def neighbor_means(points: Array, values: Array, horizon: int) -> Array:
    """Return the mean value `(N,)` of the NEIGHBORS points `(N, dimension)` that are nearest to each.

    A point is not its own neighbor. Further than one step ahead the values of consecutive points depend on each other,
    even in a linear process: neighbors are in the other half of the series.
    """
    from scipy.spatial import cKDTree

    if horizon == 1:
        count = min(NEIGHBORS, len(points) - 1)
        return np.asarray(values[cKDTree(points).query(points, k=np.arange(2, count + 2))[1]].mean(axis=1))
    middle = len(points) // 2
    halves = (slice(None, middle), slice(middle, None))
    means = [
        values[other][cKDTree(points[other]).query(points[part], k=np.arange(1, min(NEIGHBORS, middle) + 1))[1]]
        for part, other in (halves, halves[::-1])
    ]
    return np.concatenate([each.mean(axis=1) for each in means])


def neighbor_error(series: Array, lags: int, horizon: int, dimension: int, spacing: int) -> float:
    """Return the error of predicting what a linear predictor leaves of a series by nearest neighbors.

    Parameters
    ----------
    series : array (N,)
        The series.
    lags : int
        The linear predictor of x_{t + horizon} is the least-squares one on x_t, ..., x_{t - lags} and a constant.
    horizon : int
        Steps ahead.
    dimension, spacing : int
        Past values that neighbors are close in, and the steps between them; (dimension - 1) spacing is at most `lags`.

    Returns
    -------
    float
        Mean squared error over the variance of the residuals; each is predicted by the mean of NEIGHBORS others.

    References
    ----------
    Nonlinear prediction error, the most powerful of the statistics compared by Schreiber & Schmitz 1997; here of what a
    linear predictor leaves, so that a weak nonlinearity is not lost beside a strong linear dependence.
    """
    windows = np.lib.stride_tricks.sliding_window_view(series, lags + 1)[: len(series) - lags - horizon, ::-1]
    X, y = np.column_stack([np.ones(len(windows)), windows]), series[lags + horizon :]
    residuals = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    points = np.ascontiguousarray(windows[:, : dimension * spacing : spacing])
    errors = residuals - neighbor_means(points, residuals, horizon)
    return float(np.square(errors).mean() / max(residuals.var(), 1e-300))


class SurrogateComparison(NamedTuple):
    """A statistic of a series beside that of its surrogates."""

    statistic: float
    p: float
    surrogates: Array  # statistic of each surrogate, (S,)


def compare_surrogates(
    series: Array, lags: int, horizon: int, spacing: int, generator: np.random.Generator
) -> tuple[SurrogateComparison, SurrogateComparison]:
    """Compare series with their surrogates.

    Parameters
    ----------
    series : array (N, B)
        Independent series of one kind; statistics are means over them.
    lags : int
        Past inputs of a linear predictor of x_{t + horizon}.
    horizon : int
        Steps ahead.
    spacing : int
        Steps between the past values that neighbors are close in.
    generator : numpy.random.Generator
        Source of chance.

    Returns
    -------
    tuple of SurrogateComparison
        The nearest neighbors' prediction error, one-sided: smaller than that of surrogates; and the asymmetry under
        time reversal, two-sided. The p are those of a Monte-Carlo test (Phipson & Smyth 2010).
    """
    dimension = int(np.clip(lags + 1, *DIMENSIONS))
    lags = max(lags, (dimension - 1) * spacing)
    errors, asymmetries = np.zeros(1 + SURROGATES), np.zeros(1 + SURROGATES)
    for part in map(match_ends, series.T):
        group = np.concatenate([part[None], draw_surrogates(part, SURROGATES, generator)])
        asymmetries += time_asymmetry(group) / series.shape[1]
        errors += [neighbor_error(each, lags, horizon, dimension, spacing) / series.shape[1] for each in group]
    sizes = np.abs(asymmetries)
    return (
        SurrogateComparison(float(errors[0]), float((errors <= errors[0]).mean()), errors[1:]),
        SurrogateComparison(float(asymmetries[0]), float((sizes >= sizes[0]).mean()), asymmetries[1:]),
    )
