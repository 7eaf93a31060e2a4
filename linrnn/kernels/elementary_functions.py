"""Elementary functions by formulas of their own, the same on every processor: tanh, exp, log, cos and sin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.products import LANES

# exp y = 2^n exp r with y = n log 2 + r (Cody and Waite 1980); the shift adds n to the low bits of a float, from where
# it becomes an exponent. tanh |x| = E / (E + 2) with E = expm1(2|x|) = 2^n expm1(r) + (2^n - 1).
ONE_32, TWO_32 = np.float32(1), np.float32(2)
LIMIT_32, LOWEST_32, SHIFT_32 = np.float32(20), np.float32(-87), np.float32(1.5 * 2**23)
LOG2E_32, HIGH_32, LOW_32 = np.float32(1 / math.log(2)), np.float32(0.693359375), np.float32(-2.12194440e-4)
EXP_32 = tuple(
    np.float32(c)  # Moshier's expf (Cephes 1989)
    for c in (
        5.0000001201e-1,
        1.6666665459e-1,
        4.1665795894e-2,
        8.3334519073e-3,
        1.3981999507e-3,
        1.9875691500e-4,
    )
)
LIMIT_64, LOWEST_64, SHIFT_64, LOG2E_64 = 44.0, -708.0, 1.5 * 2**52, 1 / math.log(2)
HIGH_64, LOW_64 = 6.93145751953125e-1, 1.42860682030941723212e-6
EXP_64 = tuple(1 / math.factorial(k) for k in range(2, 14))
LOG_HIGH, LOG_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # log 2 in two parts
HALF_PI, HALF_PI_HIGH, HALF_PI_LOW = math.pi / 2, 1.57079632673412561417, 6.07710050650619224932e-11
LOG_64 = (  # of the polynomial in ((x - 1) / (x + 1))^2 (Sun's fdlibm 1993)
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)


@inline
def split_exp32(y: Any) -> Any:
    """(2^n, expm1 r) with exp y = 2^n exp r."""
    shifted = y * LOG2E_32 + SHIFT_32
    n = shifted - SHIFT_32
    power = np.int32((np.float32(shifted).view(np.int32) << 23) + (127 << 23)).view(np.float32)
    r = (y - n * HIGH_32) - n * LOW_32
    r2 = r * r
    c = EXP_32
    tail = ((c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)) + (r2 * r2) * (c[4] + c[5] * r)
    return power, r + r2 * tail


@inline
def split_exp64(y: Any) -> Any:
    """(2^n, expm1 r) with exp y = 2^n exp r."""
    shifted = y * LOG2E_64 + SHIFT_64
    n = shifted - SHIFT_64
    power = np.int64((np.float64(shifted).view(np.int64) << 52) + (1023 << 52)).view(np.float64)
    r = (y - n * HIGH_64) - n * LOW_64
    r2 = r * r
    r4 = r2 * r2
    c = EXP_64
    low = (c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)
    middle = (c[4] + c[5] * r) + r2 * (c[6] + c[7] * r)
    high = (c[8] + c[9] * r) + r2 * (c[10] + c[11] * r)
    return power, r + r2 * (low + r4 * (middle + r4 * high))


def tanh_of_float32(x: Any) -> Any:
    """tanh x within 3 units of the last place."""
    y = TWO_32 * abs(x)
    y = LIMIT_32 if y > LIMIT_32 else y
    power, rest = split_exp32(y)
    e = power * rest + (power - ONE_32)
    return math.copysign(e / (e + TWO_32), x)


def tanh_of_float64(x: Any) -> Any:
    """tanh x within 4 units of the last place."""
    y = 2.0 * abs(x)
    y = LIMIT_64 if y > LIMIT_64 else y
    power, rest = split_exp64(y)
    e = power * rest + (power - 1.0)
    return math.copysign(e / (e + 2.0), x)


def hyperbolic_tangent(x: Any) -> Any:
    """tanh x, float32 or float64."""
    raise NotImplementedError("only inside compiled code")


@overload(hyperbolic_tangent)
def _tanh_by_type(x: Any) -> Any:
    return tanh_of_float32 if x == types.float32 else tanh_of_float64


def exp_of_float32(x: Any) -> Any:
    """exp x within 3 units of the last place, for x <= 80; not less than exp(-87)."""
    power, rest = split_exp32(LOWEST_32 if x < LOWEST_32 else x)
    return power + power * rest


def exp_of_float64(x: Any) -> Any:
    """exp x within 4 units of the last place, for x <= 700; not less than exp(-708)."""
    power, rest = split_exp64(LOWEST_64 if x < LOWEST_64 else x)
    return power + power * rest


def exponential(x: Any) -> Any:
    """exp x, float32 or float64."""
    raise NotImplementedError("only inside compiled code")


@overload(exponential)
def _exp_by_type(x: Any) -> Any:
    return exp_of_float32 if x == types.float32 else exp_of_float64


@inline
def logarithm(x: float) -> float:
    """log x, float64, within 2 units of the last place, for normal x > 0."""
    bits = np.float64(x).view(np.int64)
    n = (bits >> 52) - 1023
    m = np.int64((bits & ((1 << 52) - 1)) | (1023 << 52)).view(np.float64)
    if m > math.sqrt(2):
        m, n = 0.5 * m, n + 1
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    c = LOG_64
    r = w * (c[1] + w * (c[3] + w * c[5])) + z * (c[0] + w * (c[2] + w * (c[4] + w * c[6])))
    half = 0.5 * f * f
    return float(n * LOG_HIGH - ((half - (s * (half + r) + n * LOG_LOW)) - f))


@inline
def cosine_and_sine(x: float) -> tuple[float, float]:
    """cos x and sin x, float64, for |x| < 1e6: Taylor's series after a reduction to |r| <= pi / 4."""
    k = np.floor(x / HALF_PI + 0.5)
    r = (x - k * HALF_PI_HIGH) - k * HALF_PI_LOW
    r2, c, s = r * r, 0.0, 0.0
    for n in range(8, 0, -1):
        c = (1.0 + c) * -r2 / ((2 * n - 1) * (2 * n))
        s = (1.0 + s) * -r2 / ((2 * n) * (2 * n + 1))
    c, s, quarter = 1.0 + c, r * (1.0 + s), np.int64(k) & 3
    if quarter == 1:
        return -s, c
    if quarter == 2:
        return -c, -s
    if quarter == 3:
        return s, -c
    return c, s


@inline
def pad_lanes(count: int) -> int:
    """The smallest multiple of the columns of a vector operation that is not less."""
    return (count + LANES - 1) // LANES * LANES


@inline
def exp_line(a: Array, start: int, count: int) -> None:
    """a = exp(a) in place, `count` elements."""
    line = a[start : start + count]
    for i in range(len(line)):
        line[i] = exponential(line[i])
