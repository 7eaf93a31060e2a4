"""Losses of the outputs of a network, summed in float64, and their slopes."""

from __future__ import annotations

from typing import Any

from linrnn.kernels.compilation import Array, inline


@inline
def squared_errors(a: Array, p: Any) -> float:
    """Sum of squared errors, without the washout; the outputs become the errors, half the slopes."""
    outputs, targets, columns, total = p.out, p.rhs, p.columns, 0.0
    for row in range(p.rows):
        line, target = a[outputs : outputs + columns], a[targets : targets + columns]
        for i in range(len(line)):
            line[i] = line[i] - target[i] if row >= p.units else 0
            total += float(line[i]) * float(line[i])
        outputs, targets = outputs + p.out_step, targets + p.rhs_step
    return total
