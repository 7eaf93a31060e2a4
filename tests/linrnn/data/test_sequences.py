"""Scale of the targets: the loss of the best constant is 1, whatever the number of outputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from linrnn.baseline import regression
from linrnn.data.sequences import Sequences, Splits, relative_spread, rounding_loss
from linrnn.training.evaluation import normalized_loss

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(50, 4, 1))
TARGETS = RNG.normal([3.0, 0.0], [0.5, 2.0], (50, 4, 2))  # two outputs of means 3 and 0


def test_the_best_constant_of_two_outputs_has_loss_1() -> None:
    split = Sequences(INPUTS, TARGETS, first=10)
    mean = TARGETS[10:].mean(axis=(0, 1))
    constant = torch.from_numpy(np.broadcast_to(mean, (1, *TARGETS.shape)).copy())
    assert normalized_loss(constant, split).item() == pytest.approx(1, rel=1e-12)
    assert regression.naive(Splits(split, split, split), 0).loss == pytest.approx(1, rel=1e-12)


def test_one_output_is_scaled_by_its_variance_exactly() -> None:
    for values in (TARGETS[..., :1], np.asfortranarray(TARGETS[..., 1:]), TARGETS[..., 1:].copy().swapaxes(0, 1)):
        assert Sequences(values, values, first=3).scale == values[3:].var()


def test_outputs_that_are_constant_but_differ_have_no_spread() -> None:
    constant = np.broadcast_to(np.array([3.0, 0.0]), (50, 4, 2))
    assert relative_spread(Sequences(INPUTS, constant)) == 0
    assert Sequences(INPUTS, constant).scale == 0


def test_rounding_causes_the_loss_of_a_uniform_error() -> None:
    exact = np.random.default_rng(0).normal(size=(3000, 1, 1))
    rounded = np.round(exact, 1)
    loss = np.square(rounded - exact).mean() / rounded.var()
    assert rounding_loss(Sequences(rounded, 5 * rounded - 3)) == pytest.approx(loss, rel=0.1)
    assert rounding_loss(Sequences(exact, exact)) == 0.0
    assert rounding_loss(Sequences(exact[:60], exact[:60])) == 0.0
    assert rounding_loss(Sequences(exact, np.sign(exact))) == 0.0
