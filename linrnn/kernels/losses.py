"""Losses of the outputs of a network, summed in float64, and their slopes."""

from __future__ import annotations

from typing import Any

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import exp_line, logarithm


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


@inline
def cross_entropies(a: Array, p: Any) -> float:
    """Sum of log sum_i exp(y_i) - y of the class, without the washout; the outputs become the slopes, softmax - target.

    The outputs of a row are shifted by the largest one (Blanchard, Higham & Higham 2021).
    """
    outputs, targets, columns, total = p.out, p.rhs, p.columns, 0.0
    for row in range(p.rows):
        line, target = a[outputs : outputs + columns], a[targets : targets + columns]
        largest = line[0]
        for i in range(len(line)):
            largest = line[i] if line[i] > largest else largest
        for i in range(len(line)):
            line[i] -= largest
            total -= float(target[i]) * float(line[i]) if row >= p.units else 0.0
        outputs, targets = outputs + p.out_step, targets + p.rhs_step
    exp_line(a, p.out, p.rows * p.out_step)
    outputs, targets = p.out, p.rhs
    for row in range(p.rows):
        line, target = a[outputs : outputs + columns], a[targets : targets + columns]
        normalizer = 0.0
        for i in range(len(line)):
            normalizer += float(line[i])
        for i in range(len(line)):
            line[i] = line[i] / normalizer - target[i] if row >= p.units else 0
        total += logarithm(normalizer) if row >= p.units else 0.0
        outputs, targets = outputs + p.out_step, targets + p.rhs_step
    return total
