"""The stationary bootstrap and its block length are arch's, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap
from arch.bootstrap import optimal_block_length as arch_block_length

from linrnn.analysis.stationary_bootstrap import choose_block_length, draw_block_weights, optimal_block_length

RESAMPLES = 20


def series(kind: str, steps: int) -> np.ndarray:
    """Two series `(2, T)`."""
    noise = np.random.default_rng(steps).normal(size=(2, steps))
    return {
        "white": noise,
        "walk": np.cumsum(noise, axis=1),
        "wave": 1e-5 * noise + np.sin(np.arange(steps) / 7),
    }[kind]


@pytest.mark.parametrize("kind", ["white", "walk", "wave"])
@pytest.mark.parametrize("steps", [16, 17, 99, 480])
def test_block_lengths_and_resamples_are_those_of_arch(kind: str, steps: int) -> None:
    values = series(kind, steps)
    expected = arch_block_length(values.T)["stationary"].to_numpy()
    assert [optimal_block_length(column) for column in values.T.copy().T] == expected.tolist()

    block = choose_block_length(values)
    bootstrap = StationaryBootstrap(block, np.arange(steps), seed=np.random.default_rng(3))  # type: ignore[arg-type]
    counts = [np.bincount(bootstrap.update_indices(), minlength=steps) for _ in range(RESAMPLES)]
    assert np.array_equal(draw_block_weights(values, RESAMPLES), np.array(counts) / steps)


def test_constant_and_short_series_are_resampled_step_by_step() -> None:
    assert choose_block_length(np.ones((1, 50))) == 1
    assert choose_block_length(series("walk", 15)) == 1
    assert 1 < choose_block_length(series("walk", 99)) <= 99 / 4
