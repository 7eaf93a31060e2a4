"""How gradients through time change with the lag, and with the inputs, over the networks of a trial."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.analysis.replica_networks import build_replicas
from linrnn.analysis.time_gradients import gradient_norms
from linrnn.data.sequences import Array
from linrnn.training.history import TrainingHistory
from linrnn.training.trial_config import TrialConfig


class GradientRates(NamedTuple):
    """Spectral norms of dh_T / dh_{T-k} for k = 0 to K, of N networks on B input sequences: `(N, K + 1, B)`."""

    norms: Array

    @property
    def medians(self) -> Array:
        """Median over networks, `(K + 1, B)`."""
        return np.median(self.norms, axis=0)

    def spread(self, lag: int) -> float:
        """Range over inputs relative to the mean, at a lag: median over networks."""
        norms = self.norms[:, lag]
        return float(np.median(np.ptp(norms, axis=1) / norms.mean(axis=1)))

    def line_fit(self, logarithm: bool) -> float:
        """Share of the variance of the median norm, or of its logarithm, over lags that a line in the lag explains."""
        values = self.medians.mean(axis=1)
        values = np.log(values) if logarithm else values
        correlation = np.corrcoef(np.arange(len(values)), values)[0, 1]
        return float(correlation**2)


def measure_gradients(config: TrialConfig, history: TrainingHistory, inputs: Array, lags: int) -> GradientRates:
    """Gradients of the networks of a trial, with their last weights.

    Parameters
    ----------
    config : TrialConfig
    history : TrainingHistory
        The result of its training; diverged replicas are left out.
    inputs : array (T, B, m)
        Input sequences, T >= lags.
    lags : int
        Largest lag K.

    Returns
    -------
    GradientRates
    """
    return GradientRates(
        np.stack([gradient_norms(network, lags, inputs) for network in build_replicas(config, history)])
    )
