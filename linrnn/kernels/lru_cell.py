"""The cell of the linear recurrent unit (Orvieto et al. 2023), h_t = lambda h_{t-1} + gamma U x_t, complex, diagonal.

A row of H complex states is H real parts and H imaginary parts. Parameters: log nu, log theta and log gamma, with
lambda = exp(-nu + i theta).
"""

from __future__ import annotations

from typing import Any

from linrnn.kernels.codes import CellKind, Operation
from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import cosine_and_sine, exponential
from linrnn.kernels.matrices import Matrix
from linrnn.kernels.program import Instruction, loop

KIND = int(CellKind.LRU)


def complex_scan(h: Matrix, poles: Matrix, batch: int) -> list[Instruction]:
    """h_t = lambda h_{t-1} + h_t in place: h ((1 + T) B, 2 H), lambda (1, 2 H)."""
    step = Instruction(Operation.CELL, h.moving(batch, batch), rhs=poles, previous=h.moving(0, batch), kind=KIND)
    return loop(h.rows // batch - 1, step._replace(rows=batch, columns=h.columns // 2))


def complex_scan_back(slopes: Matrix, h: Matrix, poles: Matrix, pole_slopes: Matrix, batch: int) -> list[Instruction]:
    """From dL/dh to dL/d(gamma U x) in place, last step first, and dL/dlambda: slopes and h ((1 + T) B, 2 H)."""
    last = h.rows - 2 * batch
    step = Instruction(
        Operation.CELL_BACKWARD,
        slopes.moving(last, batch, -1),
        slopes.moving(last + batch, batch, -1),
        poles,
        previous=h.moving(last, batch, -1),
        cache=pole_slopes,
        kind=KIND,
    )
    return loop(h.rows // batch - 1, step._replace(rows=batch, columns=h.columns // 2))


def unpack_parameters(poles: Matrix, logarithms: Matrix, drive: Matrix) -> Instruction:
    """lambda (1, 2 H) of log nu, log theta, log gamma (1, 3 H); gamma multiplies the columns of the transpose of U."""
    row = Instruction(Operation.PARAMETERS, poles, logarithms, drive, kind=KIND)
    return row._replace(rows=drive.rows, columns=poles.columns // 2)


def parameter_slopes(
    gradient: Matrix, logarithms: Matrix, drive_slopes: Matrix, poles: Matrix, drive: Matrix, pole_slopes: Matrix
) -> Instruction:
    """Gradient (1, 3 H) of the logarithms; the slopes (I, 2 H) of gamma U, transposed, become those of U."""
    row = Instruction(
        Operation.PARAMETERS_BACKWARD, gradient, logarithms, drive_slopes, poles, drive, pole_slopes, kind=KIND
    )
    return row._replace(rows=drive.rows, columns=poles.columns // 2)


@inline
def run_lru(a: Array, p: Any, t: int) -> None:
    """A step of B sequences."""
    H, out, previous = p.columns, p.out + t * p.out_move, p.previous + t * p.previous_move
    re, im = a[p.rhs : p.rhs + H], a[p.rhs + H : p.rhs + 2 * H]
    for _ in range(p.rows):
        h_re, h_im = a[out : out + H], a[out + H : out + 2 * H]
        x, y = a[previous : previous + H], a[previous + H : previous + 2 * H]
        for i in range(H):
            h_re[i] += re[i] * x[i] - im[i] * y[i]
            h_im[i] += re[i] * y[i] + im[i] * x[i]
        out, previous = out + p.out_step, previous + p.previous_step


@inline
def run_lru_backward(a: Array, p: Any, t: int) -> None:
    """dL/dh of the step before gains conj(lambda) dL/dh, and dL/dlambda gains dL/dh conj(h')."""
    H, out, slopes, previous = (
        p.columns,
        p.out + t * p.out_move,
        p.lhs + t * p.lhs_move,
        p.previous + t * p.previous_move,
    )
    re, im = a[p.rhs : p.rhs + H], a[p.rhs + H : p.rhs + 2 * H]
    d_re, d_im = a[p.cache : p.cache + H], a[p.cache + H : p.cache + 2 * H]
    for _ in range(p.rows):
        before_re, before_im = a[out : out + H], a[out + H : out + 2 * H]
        g_re, g_im = a[slopes : slopes + H], a[slopes + H : slopes + 2 * H]
        x, y = a[previous : previous + H], a[previous + H : previous + 2 * H]
        for i in range(H):
            before_re[i] += re[i] * g_re[i] + im[i] * g_im[i]
            before_im[i] += re[i] * g_im[i] - im[i] * g_re[i]
        for i in range(H):
            d_re[i] += g_re[i] * x[i] + g_im[i] * y[i]
            d_im[i] += g_im[i] * x[i] - g_re[i] * y[i]
        out, slopes, previous = out + p.out_step, slopes + p.lhs_step, previous + p.previous_step


@inline
def run_lru_parameters(a: Array, p: Any) -> None:
    """lambda, and the columns of the transpose of U scaled by gamma."""
    H, real = p.columns, a.dtype.type
    for j in range(H):
        modulus = exponential(-exponential(a[p.lhs + j]))
        cosine, sine = cosine_and_sine(float(exponential(a[p.lhs + H + j])))
        a[p.out + j], a[p.out + H + j] = modulus * real(cosine), modulus * real(sine)
        gamma = exponential(a[p.lhs + 2 * H + j])
        for row in range(p.rows):
            a[p.rhs + row * p.rhs_step + j] *= gamma
            a[p.rhs + row * p.rhs_step + H + j] *= gamma


@inline
def run_lru_parameters_backward(a: Array, p: Any) -> None:
    """Slopes of log nu, log theta and log gamma, and those of U from those of gamma U."""
    H = p.columns
    for j in range(H):
        re, im, d_re, d_im = a[p.state + j], a[p.state + H + j], a[p.cache + j], a[p.cache + H + j]
        a[p.out + j] = -(d_re * re + d_im * im) * exponential(a[p.lhs + j])
        a[p.out + H + j] = (d_im * re - d_re * im) * exponential(a[p.lhs + H + j])
        gamma, total = exponential(a[p.lhs + 2 * H + j]), 0.0
        for row in range(p.rows):
            for part in range(2):
                k, u = p.rhs + row * p.rhs_step + part * H + j, p.previous + row * p.previous_step + part * H + j
                total += a[k] * a[u]
                a[k] *= gamma
        a[p.out + 2 * H + j] = total
