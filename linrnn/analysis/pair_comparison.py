"""Comparison of two model types on the same seeds: the ratio of their losses, seed by seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.analysis.proportion import Proportion
from linrnn.analysis.statistics import INFINITE, Estimate, divide_losses, median_loss, percentile_interval
from linrnn.analysis.statistics import restore_infinity as restore
from linrnn.training.history import Losses

RESAMPLES = 1999
LEVEL = 0.05  # of the test


class PairComparison(NamedTuple):
    """Losses of two model types that start from the same weights, seed by seed."""

    first: float  # median loss of the first; inf where that of a diverged replica reaches in
    second: float
    ratio: Estimate  # median over seeds of first / second, with its 95 % interval
    wins: Proportion  # seeds on which the loss of the first is lower
    p: float  # two-sided, of the signed-rank test on the log ratios

    @property
    def is_lower(self) -> bool:
        """Whether the first has significantly lower losses: test and interval agree."""
        return bool(self.p < LEVEL and self.ratio.high < 1)

    @property
    def is_higher(self) -> bool:
        """Whether the first has significantly higher losses."""
        return bool(self.p < LEVEL and self.ratio.low > 1)


def compare_pairs(losses: Losses, others: Losses) -> PairComparison:
    """Compare losses of the same S seeds.

    Parameters
    ----------
    losses, others : array (S,)
        Loss of each seed; inf for a diverged replica.

    Returns
    -------
    PairComparison
        Two infinite losses are a tie. The interval is a bootstrap's over seeds, always with the same resamples.

    References
    ----------
    Wilcoxon (1945), Individual comparisons by ranking methods.
    """
    from scipy.stats import wilcoxon  # slow to import

    ratios = divide_losses(np.minimum(losses, INFINITE), np.minimum(others, INFINITE))
    ratios = np.where(np.isnan(ratios), 1.0, ratios)
    logs = np.clip(np.log(np.clip(ratios, 1 / INFINITE, INFINITE)), -np.log(INFINITE), np.log(INFINITE))
    rows = np.random.default_rng(0).integers(len(logs), size=(RESAMPLES, len(logs)))
    low, high = percentile_interval(np.exp(np.median(logs[rows], axis=1)))
    value = restore(float(np.exp(np.median(logs))))
    p = float(wilcoxon(logs).pvalue) if np.any(logs) else 1.0
    wins = Proportion(int((logs < 0).sum()), len(logs))
    first, second = (restore(median_loss(np.asarray(each))) for each in (losses, others))
    return PairComparison(first, second, Estimate(value, low, high), wins, p)
