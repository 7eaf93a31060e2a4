"""The recurrence h_t = f(W h_{t-1} + u_t) of S stacked replicas, with an activation f.

Everywhere u and h are (S, T, B, H), W is (S, H, H), h0 is (S, B, H); T >= 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from linrnn import kernels

# The compiled kernels are used up to this number of multiplications B H^2 per step and replica. Time of the kernels
# divided by that of products, float32, T = 99, one thread, the range over S = 1, 10 and both activations:
#   B H^2                    100..32768    131072     524288   2097152
#   forward and backward       .13-.65   .64-1.08   .86-1.67   .92-2.1
#   whole training step        .06-.38    .22-.80   .60-1.28   .63-1.9
KERNEL_PRODUCTS = 2**18
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}
IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda z: z, "tanh": torch.tanh_, "relu": torch.relu_}
SLOPES: dict[str, Callable[[Tensor], Tensor]] = {  # f' where f is h
    "linear": torch.ones_like,
    "tanh": lambda h: 1 - h.square(),
    "relu": lambda h: (~(h <= 0)).to(h),
}


def recurrence(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None = None) -> Tensor:
    """Compute the states of h_t = f(W h_{t-1} + u_t), with gradients for u, W and h0.

    Parameters
    ----------
    u : Tensor (S, T, B, H)
        Input of each replica, step and sequence; T >= 1.
    W : Tensor (S, H, H)
        Recurrent weights.
    h0 : Tensor (S, B, H)
        State before the first step.
    activation : str
        `linear`, `tanh` or `relu`.
    units : int, optional
        Units that pass through the activation, the first ones; all by default.

    Returns
    -------
    Tensor (S, T, B, H)
        The states h_1 to h_T.

    Raises
    ------
    ValueError
        If the activation is unknown.

    References
    ----------
    Gradients by backpropagation through time (Werbos 1990).
    """
    use_kernels = u.device.type == "cpu" and prefers_kernels(u.shape[2], u.shape[3])
    return apply_recurrence(u, W, h0, activation, use_kernels, units)


def project(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`weight x_t + bias` at all steps: x (S or 1, T, B, I), weight (S, O, I), bias (S, O) -> (S, T, B, O)."""
    replicas, outputs, inputs = weight.shape
    steps, batch = x.shape[1:3]
    rows = x.reshape(x.shape[0], steps * batch, inputs).expand(replicas, -1, -1)
    return torch.baddbmm(bias[:, None], rows, weight.mT).view(replicas, steps, batch, outputs)


def prefers_kernels(batch: int, hidden_size: int) -> bool:
    """Whether the compiled kernels are the faster form on a CPU, for any S and T."""
    return batch * hidden_size**2 <= KERNEL_PRODUCTS


def recurrence_definition(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None = None) -> Tensor:
    """The recurrence by its definition, step by step with autograd; slow."""
    kernels.parse_code(kernels.CellKind, activation)  # ValueError if unknown
    states, h = [], h0
    for u_t in u.unbind(1):
        z = h @ W.mT + u_t
        count = z.shape[-1] if units is None else units
        h = torch.cat([ACTIVATIONS[activation](z[..., :count]), z[..., count:]], dim=-1)
        states.append(h)
    return torch.stack(states, dim=1)


def kernel_recurrence(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None = None) -> Tensor:
    """The recurrence by the compiled kernels, on the CPU."""
    return apply_recurrence(u, W, h0, activation, True, units)


def product_recurrence(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None = None) -> Tensor:
    """The recurrence by batched products of torch, one a step, on any device."""
    return apply_recurrence(u, W, h0, activation, False, units)


def apply_recurrence(u: Tensor, W: Tensor, h0: Tensor, activation: str, use_kernels: bool, units: int | None) -> Tensor:
    """The recurrence by one of the two forms, differentiable."""
    kernels.parse_code(kernels.CellKind, activation)  # ValueError if unknown
    apply: Any = RecurrenceFunction.apply
    states: Tensor = apply(u, W, h0, activation, use_kernels, units)
    return states


class RecurrenceFunction(Function):
    """Both forms, with explicit gradients (backpropagation through time, Werbos 1990)."""

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, W: Tensor, h0: Tensor, activation: str, use_kernels: bool, units: int | None
    ) -> Tensor:
        h = (kernel_forward if use_kernels else product_forward)(u, W, h0, activation, units)
        ctx.save_for_backward(h, W, h0)
        ctx.activation, ctx.use_kernels, ctx.units = activation, use_kernels, units
        return h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise NotImplementedError("a recurrence has no second derivatives")
        h, W, h0 = ctx.saved_tensors
        backward = kernel_backward if ctx.use_kernels else product_backward
        return *backward(gradients[0], h, W, h0, ctx.activation, ctx.units), None, None, None


def product_forward(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None) -> Tensor:
    """h by products."""
    h, previous = u.clone(memory_format=torch.contiguous_format), h0
    for state in h.unbind(1):
        torch.baddbmm(state, previous, W.mT, out=state)
        IN_PLACE[activation](state[..., :units])
        previous = state
    return h


def product_backward(
    dh: Tensor, h: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    """(du, dW, dh0) by products."""
    replicas, steps, _, size = h.shape
    du = dh.clone(memory_format=torch.contiguous_format)
    slopes = SLOPES[activation](h)[..., :units].unbind(1) if activation != "linear" else ()
    slope_of = du.unbind(1)
    for t in range(steps - 1, -1, -1):
        if t + 1 < steps:
            torch.baddbmm(slope_of[t], slope_of[t + 1], W, out=slope_of[t])
        if slopes:
            slope_of[t][..., :units].mul_(slopes[t])
    dW = torch.bmm(slope_of[0].mT, h0)
    later = du[:, 1:].reshape(replicas, -1, size)
    dW.baddbmm_(later.mT, h[:, :-1].reshape(replicas, -1, size))
    return du, dW, torch.bmm(slope_of[0], W)


def kernel_forward(u: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None) -> Tensor:
    """h by the kernels."""
    u, W, h0 = (x.detach() for x in (u, W, h0))
    cell = choose_cell(activation, units, W.shape[1])
    return torch.from_numpy(kernels.recurrence_forward(u.numpy(), W.numpy(), h0.numpy(), *cell))


def kernel_backward(
    dh: Tensor, h: Tensor, W: Tensor, h0: Tensor, activation: str, units: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    """(du, dW, dh0) by the kernels."""
    dh, h, W, h0 = (x.detach() for x in (dh, h, W, h0))
    cell = choose_cell(activation, units, W.shape[1])
    du, dW, dh0 = kernels.recurrence_backward(dh.numpy(), h.numpy(), W.numpy(), h0.numpy(), *cell)
    return torch.from_numpy(du), torch.from_numpy(dW), torch.from_numpy(dh0)


def choose_cell(activation: str, units: int | None, size: int) -> tuple[kernels.CellKind, int]:
    """The cell of an activation that so many units of all pass through, and their number where it needs one."""
    cell = kernels.parse_code(kernels.CellKind, activation)
    if units is None or units == size:
        return cell, 0
    if cell != kernels.CellKind.TANH:
        raise ValueError(f"some units alone pass through tanh, not through {activation}")
    return (kernels.CellKind.PARTIAL_TANH, units) if units else (kernels.CellKind.LINEAR, 0)
