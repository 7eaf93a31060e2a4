"""Losses of the outputs of a network, summed in float64, and their slopes."""

from __future__ import annotations

from typing import Any

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import exp_line, logarithm


@inline
def squared_errors(a: Array, total: Array, p: Any) -> None:
    """Sum of squared errors, without the washout; the outputs become the errors, half the slopes."""
    outputs, targets, width, lanes = p.out, p.rhs, p.columns * p.lanes, p.lanes
    for lane in range(lanes):
        total[lane] = 0.0
    for row in range(p.rows):
        for start in range(0, width, lanes):
            line, target = a[outputs + start : outputs + start + lanes], a[targets + start : targets + start + lanes]
            for lane in range(lanes):
                line[lane] = line[lane] - target[lane] if row >= p.units else 0
                total[lane] += float(line[lane]) * float(line[lane])
        outputs, targets = outputs + p.out_step, targets + p.rhs_step


@inline
def cross_entropies(a: Array, total: Array, p: Any) -> None:
    """Sum of log sum_i exp(y_i) - y of the class, without the washout; the outputs become the slopes, softmax - target.

    The outputs of a row are shifted by the largest one (Blanchard, Higham & Higham 2021).
    """
    outputs, targets, width, lanes = p.out, p.rhs, p.columns * p.lanes, p.lanes
    for lane in range(lanes):
        total[lane] = 0.0
    for row in range(p.rows):
        for lane in range(lanes):
            line, target = a[outputs + lane : outputs + width], a[targets + lane : targets + width]
            largest = line[0]
            for i in range(0, len(line), lanes):
                largest = line[i] if line[i] > largest else largest
            for i in range(0, len(line), lanes):
                line[i] -= largest
                total[lane] -= float(target[i]) * float(line[i]) if row >= p.units else 0.0
        outputs, targets = outputs + p.out_step, targets + p.rhs_step
    exp_line(a, p.out, p.rows * p.out_step)
    outputs, targets = p.out, p.rhs
    for row in range(p.rows):
        for lane in range(lanes):
            line, target = a[outputs + lane : outputs + width], a[targets + lane : targets + width]
            normalizer = 0.0
            for i in range(0, len(line), lanes):
                normalizer += float(line[i])
            for i in range(0, len(line), lanes):
                line[i] = line[i] / normalizer - target[i] if row >= p.units else 0
            total[lane] += logarithm(normalizer) if row >= p.units else 0.0
        outputs, targets = outputs + p.out_step, targets + p.rhs_step
