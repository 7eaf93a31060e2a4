"""Quantiles over replicas: what a study minimizes, and the median that it minimized before."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.training.history import QUANTILES, milestone_losses, quantile_of_replicas

LOSSES = np.random.default_rng(0).lognormal(size=(7, 12))


@pytest.mark.parametrize("replicas", range(1, 13))
@pytest.mark.parametrize("name", QUANTILES)
def test_quantiles_are_those_of_numpy(name: str, replicas: int) -> None:
    losses = LOSSES[:, :replicas]
    expected = np.quantile(losses, {"median": 0.5, "upper quartile": 0.75}[name], axis=1)
    np.testing.assert_allclose(quantile_of_replicas(losses, name), expected, rtol=1e-14)


def test_a_median_has_the_bits_that_records_hold() -> None:
    for replicas in range(1, 13):
        medians = np.median(LOSSES[:, :replicas], axis=1)
        assert quantile_of_replicas(LOSSES[:, :replicas], "median").tobytes() == medians.tobytes()


@pytest.mark.parametrize(("diverged", "upper", "median"), [(2, True, True), (3, False, True), (5, False, False)])
def test_a_quarter_of_ten_replicas_may_diverge(diverged: int, upper: bool, median: bool) -> None:
    losses = LOSSES[0, :10].copy()
    losses[:diverged] = np.inf
    found = [np.isfinite(quantile_of_replicas(losses, name)) for name in ("upper quartile", "median")]
    assert found == [upper, median]
    if upper:
        assert quantile_of_replicas(losses, "upper quartile") > quantile_of_replicas(LOSSES[0, :10], "upper quartile")


def test_intermediate_values_are_finite_upper_quartiles_at_milestones() -> None:
    losses = LOSSES[:4, :10].copy()
    losses[1, :3] = np.inf
    found = milestone_losses(losses, (10, 20, 30, 40), {10, 20, 40})
    assert found == {epoch: pytest.approx(np.quantile(losses[k], 0.75)) for epoch, k in ((10, 0), (40, 3))}
