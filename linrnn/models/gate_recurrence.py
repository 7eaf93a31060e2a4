"""Gated recurrences of S stacked replicas by their definition, step by step, with gradients by autograd.

Inputs x are (S or 1, T, B, I), U (S, G H, I), W (S, G H, H), b (S, G H), states (S, B, H).
"""

from __future__ import annotations

import torch
from torch import Tensor

from linrnn.models.recurrence import project


def gru(x: Tensor, U: Tensor, W: Tensor, b: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """States (S, T, B, H) of a GRU (Cho et al. 2014), and the last one; d (S, H) is a bias within the reset gate."""
    states, size = [], h.shape[-1]
    for u in project(x, U, b).unbind(1):
        v = h @ W.mT
        r, z = (u[..., : 2 * size] + v[..., : 2 * size]).sigmoid().chunk(2, dim=-1)
        n = (u[..., 2 * size :] + r * (v[..., 2 * size :] + d[:, None])).tanh()
        h = (1 - z) * n + z * h
        states.append(h)
    return torch.stack(states, dim=1), h


def lstm(x: Tensor, U: Tensor, W: Tensor, b: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """States (S, T, B, H) of an LSTM (Hochreiter & Schmidhuber 1997), and the last h and c (S, B, 2 H)."""
    states, (h, c) = [], state.chunk(2, dim=-1)
    for u in project(x, U, b).unbind(1):
        i, f, g, o = (u + h @ W.mT).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states, dim=1), torch.cat([h, c], dim=-1)
