"""Bootstrap of test losses over both sources of chance: the initial weights of replicas, and the finite test split.

Replicas are resampled within each model type. Steps are resampled in blocks, or whole sequences where those vary more,
the same ones for every predictor, so that what is common to two predictors cancels in their comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.stationary_bootstrap import draw_block_weights
from linrnn.analysis.statistics import (
    INFINITE,
    Estimate,
    LossSample,
    median_loss,
    percentile_interval,
    restore_infinity,
)
from linrnn.data.sequences import Array
from linrnn.data.step_losses import thin_steps

RESAMPLES = 1999
CELLS = 2048  # steps times sequences that are resampled; more are averaged over consecutive steps first


@dataclass(frozen=True)
class Bootstrap:
    """Losses of each predictor in R resamples: `(R,)` by name, of networks the median over replicas.

    Parameters
    ----------
    values : mapping of str to float
        Losses that were measured.
    both : mapping of str to array (R,)
        Replicas and test steps resampled.
    data : mapping of str to array (R,)
        Test steps resampled, replicas as they are.
    training : mapping of str to array (R,)
        Replicas resampled, test steps as they are.
    has_steps : bool
        Whether the test steps could be resampled.
    """

    values: Mapping[str, float]
    both: Mapping[str, Array]
    data: Mapping[str, Array]
    training: Mapping[str, Array]
    has_steps: bool

    def estimate(self, name: str) -> Estimate:
        """Return the loss of a predictor with its interval, inf where infinite losses reach into it."""
        return Estimate(restore_infinity(self.values[name]), *percentile_interval(self.both[name]))


def bootstrap_losses(
    networks: Mapping[str, LossSample], baselines: Mapping[str, float], baseline_steps: Mapping[str, Array]
) -> Bootstrap:
    """Resample the test losses of networks and baselines.

    Parameters
    ----------
    networks : mapping of str to LossSample
        Test losses of the replicas of each model type.
    baselines : mapping of str to float
        Test losses of predictors that have no replicas.
    baseline_steps : mapping of str to array (T, B)
        Their step losses, where they are recorded.

    Returns
    -------
    Bootstrap
        The same for any order of the replicas; the resamples are always the same.

    References
    ----------
    Stationary bootstrap: Politis & Romano 1994, block length by Politis & White 2004 with the correction of Patton,
    Politis & White 2009.
    """
    samples = {name: sort_replicas(sample) for name, sample in networks.items()}
    steps = {name: to_float64(sample.steps) for name, sample in samples.items() if sample.steps is not None}
    single = {name: to_float64(baseline_steps[name])[None] for name in baselines if name in baseline_steps}
    weights = None
    if len(steps) == len(samples) and (samples or single):
        steps = {name: thin_steps(each, CELLS) for name, each in (steps | single).items()}
        weights = draw_step_weights([column for each in steps.values() for column in finite_means(each)])
    fixed = {name: np.minimum(sample.losses, INFINITE) for name, sample in samples.items()}
    fixed |= {name: np.array([loss]) for name, loss in baselines.items()}
    moved = {name: reweight(losses, steps.get(name), weights) for name, losses in fixed.items()}  # (R, S)
    rng = np.random.default_rng(1)
    both, data, training = {}, {}, {}
    for name, losses in fixed.items():
        rows = rng.integers(len(losses), size=(RESAMPLES, len(losses)))
        both[name] = np.median(np.take_along_axis(moved[name], rows, axis=1), axis=1)
        data[name] = np.median(moved[name], axis=1)
        training[name] = np.median(losses[rows], axis=1)
    values = {name: median_loss(losses) for name, losses in fixed.items()}
    return Bootstrap(values, both, data, training, weights is not None)


def to_float64(steps: NDArray[Any]) -> Array:
    """Return step losses in float64."""
    return steps.astype(np.float64)


def sort_replicas(sample: LossSample) -> LossSample:
    """Return the replicas in the order of their losses, on which no result may depend."""
    order = np.argsort(sample.losses, kind="stable")
    return LossSample(sample.losses[order], None if sample.steps is None else sample.steps[order])


def finite_means(steps: Array) -> list[Array]:
    """Return the mean step losses `(T, B)` over the finite replicas, in a list, which is empty if there are none."""
    finite = steps[np.isfinite(steps).all(axis=(1, 2))]
    return [finite.mean(axis=0)] if len(finite) else []


def reweight(losses: Array, steps: Array | None, weights: Array | None) -> Array:
    """Losses of replicas `(R, S)` under weights of the test steps `(R, T, B)`; those of a diverged replica remain."""
    if steps is None or weights is None:
        return np.broadcast_to(losses, (RESAMPLES, len(losses)))
    finite = np.isfinite(steps).all(axis=(1, 2)) & (losses < INFINITE)
    columns = np.where(finite[:, None, None], steps, 0.0).reshape(len(losses), -1)
    moved = weights.reshape(RESAMPLES, -1) @ columns.T
    return np.where(finite, moved, losses)


def draw_step_weights(means: Sequence[Array]) -> Array | None:
    """Weights `(R, T, B)` of the test steps of R resamples, each of sum 1; None if no predictor is finite.

    Blocks of steps are resampled, common to all sequences, or sequences, whichever makes the differences between the
    predictors, of mean step losses `(T, B)`, vary more: the mean of their shares of the variance, as losses may differ
    by orders of magnitude.
    """
    if not means:
        return None
    differences = np.stack([*(each - means[0] for each in means[1:]), means[0]])  # (K, T, B)
    _, steps, batch = differences.shape
    candidates = []
    if steps > 1:
        candidates.append(
            draw_block_weights(differences.mean(axis=2), RESAMPLES)[:, :, None] * np.full(batch, 1 / batch)
        )
    if batch > 1:
        counts = np.random.default_rng(2).multinomial(batch, np.full(batch, 1 / batch), size=RESAMPLES)
        candidates.append(np.full(steps, 1 / steps)[:, None] * (counts / batch)[:, None, :])
    if not candidates:
        return None
    flat = differences.reshape(len(differences), -1)
    variances = np.stack([(weights.reshape(RESAMPLES, -1) @ flat.T).var(axis=0) for weights in candidates])
    total = variances.sum(axis=0)
    shares = np.divide(variances, total, out=np.zeros_like(variances), where=total > 0).mean(axis=1)
    return candidates[int(np.argmax(shares))]
