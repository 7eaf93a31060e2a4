"""Step losses, thinned: the same mean, no more values than were asked for."""

import numpy as np
import pytest

from linrnn.data.step_losses import mean_widths, thin_steps


def test_few_steps_remain_as_they_are():
    losses = np.random.default_rng(0).random((3, 7, 2))
    assert np.array_equal(thin_steps(losses, 14), losses)


def test_consecutive_steps_are_averaged():
    losses = np.arange(24.0).reshape(2, 6, 2)
    assert np.array_equal(thin_steps(losses, 4), losses.reshape(2, 2, 3, 2).mean(axis=2))


@pytest.mark.parametrize(("steps", "batch", "most"), [(7, 1, 4), (1001, 3, 300), (100, 1, 99), (10, 5, 3)])
def test_thinned_steps_are_means_of_nearly_equal_parts(steps, batch, most):
    losses = np.random.default_rng(1).random((2, steps, batch)).astype(np.float32)
    thin = thin_steps(losses, most)
    count = thin.shape[1]
    assert thin.dtype == np.float32
    assert count * batch <= max(most, batch)
    sizes = [len(part) for part in np.array_split(np.arange(steps), count)]
    assert max(sizes) - min(sizes) <= 1
    assert np.array_equal(mean_widths(steps, batch, most), np.diff([k * steps // count for k in range(count + 1)]))
    # weighted by the number of steps behind each mean, the mean of all steps is that of the means
    edges = [k * steps // count for k in range(count + 1)]
    weighted = (thin.astype(float) * np.diff(edges)[:, None]).sum(axis=1) / steps
    assert weighted == pytest.approx(losses.astype(float).mean(axis=1), rel=1e-6)
