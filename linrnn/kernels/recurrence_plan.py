"""The recurrence h_t = f(W h_{t-1} + u_t) of stacked replicas and its gradients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from linrnn.kernels.codes import CellKind
from linrnn.kernels.compilation import Array, zeros
from linrnn.kernels.elman_cell import scan, scan_back
from linrnn.kernels.execution import run
from linrnn.kernels.matrices import Layout
from linrnn.kernels.program import add, add_transpose_product, clear, program


class RecurrencePlan:
    """Layout and programs of one replica over so many steps."""

    def __init__(self, steps: int, batch: int, size: int, cell: CellKind, units: int) -> None:
        self.layout, rows = Layout(), steps * batch
        padded = self.layout.place_tiles
        self.WT, self.W, self.dW = padded(size, size), padded(size, size), padded(size, size)
        self.h, self.slopes, self.dh0 = padded(batch + rows, size), padded(rows, size), padded(batch, size)
        self.h0, self.states, zero = self.h.part(0, batch), self.h.part(batch, rows), padded(1, size)
        self.forward = program(*scan(self.h, self.WT, batch, cell, units))
        self.backward = program(
            *scan_back(self.slopes, self.h, self.W, batch, cell, units),
            clear(self.dW, zero),
            add_transpose_product(self.dW, self.slopes, self.h.part(0, rows)),
            clear(self.dh0, zero),
            add(self.dh0, self.slopes.part(0, batch), self.W),
        )


plan_recurrence = lru_cache(maxsize=64)(RecurrencePlan)


def recurrence_forward(u: Array, W: Array, h0: Array, cell: CellKind, units: int = 0) -> Array:
    """h_t = f(W h_{t-1} + u_t): u (S, T, B, H), W (S, H, H), h0 (S, B, H), of one dtype -> h (S, T, B, H)."""
    plan = plan_recurrence(*u.shape[1:], CellKind(cell), units)
    h, a, total = np.empty(u.shape, u.dtype), zeros(plan.layout.size, u.dtype), np.zeros(1)
    for k in range(len(u)):
        for matrix, values in ((plan.WT, W[k].T), (plan.h0, h0[k]), (plan.states, u[k])):
            matrix.put(a, values)
        run(a, total, plan.forward)
        h[k] = plan.states.view(a).reshape(h[k].shape)
    return h


def recurrence_backward(
    dh: Array, h: Array, W: Array, h0: Array, cell: CellKind, units: int = 0
) -> tuple[Array, Array, Array]:
    """Gradients (du, dW, dh0) from dL/dh (S, T, B, H) and the arguments and result of `recurrence_forward`."""
    plan = plan_recurrence(*h.shape[1:], CellKind(cell), units)
    du, dW, dh0 = (np.empty(like.shape, h.dtype) for like in (h, W, h0))
    a, total = zeros(plan.layout.size, h.dtype), np.zeros(1)
    for k in range(len(h)):
        for matrix, values in ((plan.W, W[k]), (plan.h0, h0[k]), (plan.states, h[k]), (plan.slopes, dh[k])):
            matrix.put(a, values)
        run(a, total, plan.backward)
        du[k] = plan.slopes.view(a).reshape(h[k].shape)
        dW[k], dh0[k] = plan.dW.view(a), plan.dh0.view(a)
    return du, dW, dh0
