"""Both forms of the recurrence against its definition."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from linrnn.models.recurrence import (
    kernel_recurrence,
    prefers_kernels,
    product_recurrence,
    recurrence,
    recurrence_definition,
)

Form = Callable[[Tensor, Tensor, Tensor, str], Tensor]
forms = pytest.mark.parametrize("form", [kernel_recurrence, product_recurrence, recurrence])
activations = pytest.mark.parametrize("activation", ["linear", "tanh", "relu"])


def drawn(
    replicas: int, steps: int, batch: int, size: int, scale: float = 0.8, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor, Tensor]:
    """u, W and h0, all wanting gradients."""
    generator = torch.Generator().manual_seed(replicas + 10 * steps + 100 * batch + 1000 * size)
    shapes = ((replicas, steps, batch, size), (replicas, size, size), (replicas, batch, size))
    u, W, h0 = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    W *= scale / math.sqrt(size)
    u, W, h0 = (x.to(dtype).requires_grad_() for x in (u, W, h0))
    return u, W, h0


def values_and_gradients(form: Form, arguments: tuple[Tensor, Tensor, Tensor], activation: str) -> list[Tensor]:
    h = form(*arguments, activation)
    weights = torch.linspace(-1, 1, h.numel(), dtype=h.dtype).view(h.shape)
    return [h.detach(), *torch.autograd.grad((h * weights).sum(), arguments)]


@forms
@activations
@settings(max_examples=12, deadline=None)
@given(
    replicas=st.integers(1, 3),
    steps=st.integers(1, 9),
    batch=st.integers(1, 5),
    size=st.sampled_from([1, 2, 8, 11, 33]),
)
def test_values_and_gradients_are_those_of_the_definition(
    form: Form, activation: str, replicas: int, steps: int, batch: int, size: int
) -> None:
    arguments = drawn(replicas, steps, batch, size)
    expected = values_and_gradients(recurrence_definition, arguments, activation)
    for value, right in zip(values_and_gradients(form, arguments, activation), expected, strict=True):
        torch.testing.assert_close(value, right, rtol=1e-10, atol=1e-10)


@forms
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("units", [0, 1, 8, 11])
def test_some_units_alone_pass_through_the_activation(form: Any, activation: str, units: int) -> None:
    if activation == "relu" and form is not product_recurrence:
        pytest.skip("compiled for tanh alone")
    arguments = drawn(2, 5, 3, 11)
    partial_form = partial(form, units=units)
    expected = values_and_gradients(partial(recurrence_definition, units=units), arguments, activation)
    for value, right in zip(values_and_gradients(partial_form, arguments, activation), expected, strict=True):
        torch.testing.assert_close(value, right, rtol=1e-10, atol=1e-10)
    whole = values_and_gradients(form, arguments, activation)[0]
    assert torch.equal(values_and_gradients(partial_form, arguments, activation)[0], whole) == (units == 11)


@forms
@activations
@pytest.mark.long
def test_many_units_and_steps(form: Form, activation: str) -> None:
    arguments = drawn(2, 40, 3, 70)
    expected = values_and_gradients(recurrence_definition, arguments, activation)
    for value, right in zip(values_and_gradients(form, arguments, activation), expected, strict=True):
        torch.testing.assert_close(value, right, rtol=1e-10, atol=1e-10)


@forms
@activations
def test_float32_stays_float32(form: Form, activation: str) -> None:
    arguments = drawn(2, 12, 2, 10, dtype=torch.float32)
    expected = values_and_gradients(recurrence_definition, arguments, activation)
    for value, right in zip(values_and_gradients(form, arguments, activation), expected, strict=True):
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, right, rtol=1e-4, atol=1e-4)


@forms
@activations
def test_gradcheck(form: Form, activation: str) -> None:
    assert torch.autograd.gradcheck(lambda u, W, h0: form(u, W, h0, activation), drawn(2, 4, 2, 3))


@forms
@activations
def test_arguments_need_not_be_contiguous(form: Form, activation: str) -> None:
    u, W, h0 = (x.detach() for x in drawn(2, 5, 3, 4))
    strided = u.transpose(1, 2).contiguous().transpose(1, 2), W.mT.contiguous().mT, h0.mT.contiguous().mT
    torch.testing.assert_close(form(*strided, activation), recurrence_definition(u, W, h0, activation))


@forms
def test_overflow_is_that_of_the_definition(form: Form) -> None:
    u, W, h0 = (x.detach() for x in drawn(2, 400, 2, 3, scale=50.0, dtype=torch.float32))
    h, expected = form(u, W, h0, "linear"), recurrence_definition(u, W, h0, "linear")
    assert not expected.isfinite().all()
    assert torch.equal(h.isnan(), expected.isnan())
    assert torch.equal(h.isposinf(), expected.isposinf())
    assert torch.equal(h.isneginf(), expected.isneginf())


def test_forms_agree_on_both_sides_of_the_rule() -> None:
    for size in (8, 600):
        u, W, h0 = drawn(1, 3, 1, size)
        assert prefers_kernels(batch=1, hidden_size=size) == (size == 8)
        torch.testing.assert_close(recurrence(u, W, h0, "tanh"), recurrence_definition(u, W, h0, "tanh"))


def test_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="cell must be one of"):
        recurrence(*drawn(1, 2, 1, 2), "softplus")


@forms
def test_second_derivatives_are_refused(form: Form) -> None:
    u, W, h0 = drawn(1, 2, 1, 2)
    (gradient,) = torch.autograd.grad(recurrence_definition(u, W, h0, "tanh").sum(), u, create_graph=True)
    assert gradient.requires_grad
    with pytest.raises(NotImplementedError, match="second derivatives"):
        torch.autograd.grad(form(u, W, h0, "tanh").sum(), u, create_graph=True)
