"""The linear recurrent unit of S stacked replicas by its definition, step by step, with gradients by autograd."""

from __future__ import annotations

import torch
from torch import Tensor


def lru(x: Tensor, nu: Tensor, theta: Tensor, gamma: Tensor, U: Tensor, state: Tensor) -> Tensor:
    """States (S, T, B, 2 H), real parts and imaginary parts, of h_t = lambda h_{t-1} + exp(gamma) U x_t.

    Inputs x (S or 1, T, B, I), parameters (S, H) with lambda = exp(-exp(nu) + i exp(theta)), U (S, 2 H, I) real and
    imaginary parts, state (S, B, 2 H) before the first step (Orvieto et al. 2023).
    """
    poles = torch.polar((-nu.exp()).exp(), theta.exp())[:, None]
    drive = torch.einsum("stbi,shi->stbh", x.expand(len(U), -1, -1, -1), U)
    scale = gamma.exp()[:, None, None]
    h, states = join(state), []
    for u in join(drive).mul(scale).unbind(1):
        h = poles * h + u
        states.append(torch.cat([h.real, h.imag], dim=-1))
    return torch.stack(states, dim=1)


def join(parts: Tensor) -> Tensor:
    """Complex numbers (..., H) of real parts and imaginary parts (..., 2 H)."""
    real, imaginary = parts.chunk(2, dim=-1)
    return torch.complex(real.contiguous(), imaginary.contiguous())
