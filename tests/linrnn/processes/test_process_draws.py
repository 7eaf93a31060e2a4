"""Series k depends on the seed and on k alone; types, lengths and strengths are spread."""

from __future__ import annotations

from collections import Counter

import numpy as np

from linrnn.processes.process import NONLINEAR_KIND
from linrnn.processes.process_draws import CYCLE, choose_rows, draw_process, draw_series, find_truth
from linrnn.processes.truth import measure_truth

LENGTHS = (150, 300, 1000, 3000)


def test_a_series_depends_on_seed_and_number_alone() -> None:
    first = draw_series(0, 5, 200)
    draw_series(0, 4, 50)
    np.random.seed(1)
    np.random.random(10)
    np.testing.assert_array_equal(draw_series(0, 5, 200).values, first.values)
    assert draw_process(0, 5) == draw_process(0, 5)
    assert draw_process(0, 5) != draw_process(1, 5)
    assert draw_process(0, 5) != draw_process(0, 5 + len(CYCLE))
    assert find_truth(0, 5) == find_truth(0, 5)
    assert not np.array_equal(draw_series(1, 2, 200).values, draw_series(0, 2, 200).values)  # noise without parameters


def test_each_type_comes_with_each_length_equally_often() -> None:
    for lengths in (LENGTHS, (150, 300), (1000,)):
        pairs = Counter((k % len(CYCLE), choose_rows(k, lengths)) for k in range(len(CYCLE) * len(lengths)))
        assert set(pairs.values()) == {1}
        assert len(pairs) == len(CYCLE) * len(lengths)


def test_half_of_the_types_are_nonlinear_and_a_quick_calibration_has_all() -> None:
    assert sum(each.kind == NONLINEAR_KIND for each in CYCLE) == len(CYCLE) / 2
    assert len({draw_process(0, k).name for k in range(24)}) == 12


def test_true_gains_reach_from_weak_to_strong() -> None:
    numbers = [k for k in range(200) if CYCLE[k % len(CYCLE)].kind == NONLINEAR_KIND]
    gains = [measure_truth(draw_process(0, k), np.random.default_rng(k), 500, 40).gain for k in numbers]
    shares = np.histogram(gains, [-0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1])[0] / len(gains)
    assert shares.sum() == 1
    assert shares.min() > 0.05


def test_series_are_finite_and_vary() -> None:
    for k in range(100):
        y, _, u = draw_series(0, k, 150)
        assert y.shape == (150, 1)
        assert np.isfinite(y).all()
        assert y[:90].std() > 0
        assert u is None or u.shape == y.shape
