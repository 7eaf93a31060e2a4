"""The recurrence h_t = f(W h_{t-1} + u_t) of S stacked replicas, f linear or tanh.

Everywhere u and h are (S, T, B, H), W is (S, H, H), h0 is (S, B, H); T >= 1.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from linrnn import kernels

# Up to B H^2 of this many multiplications a step and replica the compiled kernels are taken. Measured forward
# and backward, T = 99, one thread, S 1 and 10, kernels against products in ms (float32, linear, S = 1):
# H 10, B 1: 0.26 / 1.06; H 64, B 1: 0.5 / 2.2; H 64, B 8: 0.9 / 2.0; H 64, B 32: 3.9 / 2.9 (tanh 4.4 / 7.7;
# S = 10 29 / 44); H 64, B 128: 10.1 / 7.6; H 256, B 1: 6.7 / 7.0; H 256, B 8: 15 / 9; H 256, B 32: 58 / 25.
KERNEL_PRODUCTS = 2**18


def recurrence(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    """States h (S, T, B, H) of h_t = f(W h_{t-1} + u_t), with gradients for u, W and h0."""
    compiled = u.device.type == "cpu" and prefers_kernels(u.shape[2], u.shape[3])
    return by_kernels(u, W, h0, activation) if compiled else by_products(u, W, h0, activation)


def prefers_kernels(batch: int, hidden_size: int) -> bool:
    """Whether the compiled kernels are the faster form on a CPU, whatever S and T."""
    return batch * hidden_size**2 <= KERNEL_PRODUCTS


def recurrence_definition(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    """The recurrence by its definition, step by step and differentiated by autograd; slow."""
    states, h = [], h0
    for u_t in u.unbind(1):
        h = h @ W.mT + u_t
        h = h.tanh() if activation == "tanh" else h
        states.append(h)
    return torch.stack(states, dim=1)


def by_kernels(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    """The recurrence by the compiled kernels, on the CPU."""
    return states_of(u, W, h0, activation, True)


def by_products(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    """The recurrence by batched products of torch, one a step, on any device."""
    return states_of(u, W, h0, activation, False)


def states_of(u: Tensor, W: Tensor, h0: Tensor, activation: str, compiled: bool) -> Tensor:
    if activation not in kernels.ACTIVATION_CODES:
        raise ValueError(f"activation must be one of {sorted(kernels.ACTIVATION_CODES)}, not {activation!r}")
    apply: Any = Recurrence.apply
    states: Tensor = apply(u, W, h0, activation, compiled)
    return states


class Recurrence(Function):
    """Both forms, with the gradients written by hand (backpropagation through time, Werbos 1990)."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, W: Tensor, h0: Tensor, activation: str, compiled: bool) -> Tensor:
        h = (kernel_forward if compiled else product_forward)(u, W, h0, activation)
        ctx.save_for_backward(h, W, h0)
        ctx.activation, ctx.compiled = activation, compiled
        return h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise NotImplementedError("a recurrence has no second derivatives")
        h, W, h0 = ctx.saved_tensors
        backward = kernel_backward if ctx.compiled else product_backward
        return *backward(gradients[0], h, W, h0, ctx.activation), None, None


def product_forward(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    h, before = u.clone(memory_format=torch.contiguous_format), h0
    for state in h.unbind(1):
        torch.baddbmm(state, before, W.mT, out=state)
        before = state.tanh_() if activation == "tanh" else state
    return h


def product_backward(dh: Tensor, h: Tensor, W: Tensor, h0: Tensor, activation: str) -> tuple[Tensor, Tensor, Tensor]:
    replicas, steps, _, size = h.shape
    du = dh.clone(memory_format=torch.contiguous_format)
    slopes = (1 - h.square()).unbind(1) if activation == "tanh" else ()
    slope_of = du.unbind(1)
    for t in range(steps - 1, -1, -1):
        if t + 1 < steps:
            torch.baddbmm(slope_of[t], slope_of[t + 1], W, out=slope_of[t])
        if slopes:
            slope_of[t].mul_(slopes[t])
    dW = torch.bmm(slope_of[0].mT, h0)
    later = du[:, 1:].reshape(replicas, -1, size)
    dW.baddbmm_(later.mT, h[:, :-1].reshape(replicas, -1, size))
    return du, dW, torch.bmm(slope_of[0], W)


def kernel_forward(u: Tensor, W: Tensor, h0: Tensor, activation: str) -> Tensor:
    u, W, h0 = (x.detach().contiguous() for x in (u, W, h0))
    code = kernels.ACTIVATION_CODES[activation]
    return torch.from_numpy(kernels.recurrence_forward(u.numpy(), W.numpy(), h0.numpy(), code))


def kernel_backward(dh: Tensor, h: Tensor, W: Tensor, h0: Tensor, activation: str) -> tuple[Tensor, Tensor, Tensor]:
    dh, h, W, h0 = (x.detach().contiguous() for x in (dh, h, W, h0))
    code = kernels.ACTIVATION_CODES[activation]
    du, dW, dh0 = kernels.recurrence_backward(dh.numpy(), h.numpy(), W.numpy(), h0.numpy(), code)
    return torch.from_numpy(du), torch.from_numpy(dW), torch.from_numpy(dh0)
