"""Noise that training adds to its inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from linrnn.training.trial_config import TrialConfig

STREAM = 1  # tells these seeds from those of the initial weights


def add_noise(config: TrialConfig, inputs: NDArray[np.float32], epoch: int) -> NDArray[np.float32]:
    """Return the inputs of an epoch: with Gaussian noise of the standard deviation `training.input_noise`.

    The noise depends on the seed of the trial and on the epoch alone, and is the same for all replicas. Its mean effect
    on a linear network with squared errors is a penalty on the energy of the impulse response, whatever the parameters;
    with classes this holds for small noise.

    Parameters
    ----------
    config : TrialConfig
    inputs : array (T, B, I)
    epoch : int
        Number of epochs before this one.

    References
    ----------
    Bishop (1995), Training with noise is equivalent to Tikhonov regularization.
    """
    generator = np.random.default_rng([config.seed, epoch, STREAM])
    return inputs + np.float32(config.training.input_noise) * generator.standard_normal(inputs.shape, np.float32)
