"""Chaotic maps and flows, against an independent integrator and published numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.stats import kstest

from linrnn.data.sequences import Array
from linrnn.tasks import mackey_glass
from linrnn.tasks.henon import Henon
from linrnn.tasks.logistic import Logistic
from linrnn.tasks.lorenz import Lorenz
from linrnn.tasks.mackey_glass import MackeyGlass, integrate


def by_steps(past: float, tau: float, end: float) -> Callable[[float], float]:
    """The solution of the Mackey-Glass equation by the method of steps: an ordinary equation for every tau."""
    pieces: list[Callable[[float], Array]] = [lambda t: np.array([past])]
    while (len(pieces) - 1) * tau < end:
        start = (len(pieces) - 1) * tau

        def slope(t: float, x: Array, before: Callable[[float], Array] = pieces[-1]) -> Array:
            delayed = before(t - tau)
            return 0.2 * delayed / (1 + delayed**10) - 0.1 * x

        solved = solve_ivp(
            slope, (start, start + tau), pieces[-1](start), method="DOP853", rtol=1e-10, atol=1e-12, dense_output=True
        )
        pieces.append(solved.sol)
    return lambda t: float(pieces[int(np.ceil(t / tau - 1e-9))](t)[0])


@pytest.mark.parametrize("tau", [17.0, 2.5])
def test_mackey_glass_is_the_solution_by_steps(tau: float) -> None:
    exact = by_steps(1.2, tau, 60)
    steps = integrate(np.array([1.2]), tau, 600)[:, 0]
    assert_allclose(steps, [exact(k / 10) for k in range(601)], atol=5e-5)


def test_mackey_glass_converges_to_the_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = by_steps(0.6, 17.0, 50)
    errors = []
    for step in (0.1, 0.05):
        monkeypatch.setattr(mackey_glass, "STEP", step)
        monkeypatch.setattr(mackey_glass, "DECAY", np.exp(mackey_glass.RATE * step))
        errors.append(abs(integrate(np.array([0.6]), 17.0, round(50 / step))[-1, 0] - exact(50)))
    assert errors[1] < errors[0] / 3  # second order: the delayed x is a mean


def test_mackey_glass_rests_at_one() -> None:
    assert_allclose(integrate(np.ones(1), 17.0, 2000), 1, rtol=1e-9)


def test_mackey_glass_is_sampled_at_units_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mackey_glass, "BURN_IN", 3)
    generator = np.random.default_rng(0)
    drawn = MackeyGlass(sequences=1).series(generator, 5)
    exact = by_steps(float(np.random.default_rng(0).uniform(0.5, 1.5)), 17.0, 10)
    assert_allclose(drawn[:, 0], [exact(t) for t in (3, 4, 5, 6, 7)], atol=1e-6)


def test_lorenz_is_the_solution() -> None:
    def slope(_: float, s: Array) -> list[float]:
        x, y, z = s
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    times = np.arange(101) * 0.02
    exact = solve_ivp(slope, (0, 2), [1.0, 1.0, 1.0], method="DOP853", rtol=1e-10, atol=1e-12, t_eval=times)
    steps = Lorenz().trajectory(np.ones((3, 1)), 101)[:, :, 0]
    assert_allclose(steps[:11], exact.y.T[:11], atol=2e-3)
    assert_allclose(steps, exact.y.T, atol=0.02)
    assert_allclose(steps[:3, 0], [1, 1.049, 1.187], atol=5e-4)  # the example


def test_lorenz_rests_at_its_fixed_points() -> None:
    far = np.sqrt(8 / 3 * 27)
    points = np.array([[0.0, far, -far], [0.0, far, -far], [0.0, 27.0, 27.0]])
    assert_allclose(Lorenz().derivative(points), 0, atol=1e-12)
    other = Lorenz(sigma=3.0, rho=5.0, beta=1.0)
    assert_allclose(other.derivative(np.array([[2.0], [2.0], [4.0]])), 0, atol=1e-12)


def test_lorenz_diverges_at_its_published_rate() -> None:
    """0.906 in Sprott 2003."""
    task, apart = Lorenz(), 1e-8
    here = task.trajectory(np.random.default_rng(0).normal(0, 5, (3, 100)), 1500)[-1]
    there, growth = here + np.array([[apart], [0], [0]]), []
    for _ in range(30):
        here, there = task.trajectory(here, 51)[-1], task.trajectory(there, 51)[-1]
        distance = np.linalg.norm(there - here, axis=0)
        growth.append(np.log(distance / apart))
        there = here + (there - here) * apart / distance
    assert np.mean(growth[5:]) == pytest.approx(0.906, abs=0.05)  # over a unit of time


def test_lorenz_shows_its_first_coordinate() -> None:
    drawn = Lorenz(sequences=8).series(np.random.default_rng(0), 2000)
    assert drawn.shape == (2000, 8)
    assert drawn.std() == pytest.approx(7.92, rel=0.05)
    assert abs(drawn.mean()) < 1.5
    assert 17 < drawn.max() < 21


def test_lorenz_starts_on_its_attractor() -> None:
    first = Lorenz(sequences=1000).series(np.random.default_rng(0), 1)
    assert first.std() == pytest.approx(7.92, rel=0.08)  # drawn around it: 5


def test_henon_follows_its_map() -> None:
    x = Henon(sequences=1).series(np.random.default_rng(0), 50)[:, 0]
    for t in range(2, 50):
        assert x[t] == pytest.approx(1 - 1.4 * x[t - 1] ** 2 + 0.3 * x[t - 2], rel=1e-12)
    assert_allclose(1 - 1.4 * 0.4**2 + 0.3 * 1, 1.076)  # the example


def test_henon_falls_on_its_fixed_point_where_that_is_stable() -> None:
    x = Henon(a=0.2, b=0.3, sequences=1).series(np.random.default_rng(0), 5)
    assert_allclose(x, (-0.7 + np.sqrt(0.7**2 + 4 * 0.2)) / (2 * 0.2), rtol=1e-6)


def test_henon_diverges_at_its_published_rate() -> None:
    """0.603 bits, 0.418 nats, in Wolf et al. 1985."""
    x = Henon(sequences=20).series(np.random.default_rng(0), 3000)
    tangent, growth = np.stack([np.ones(20), np.zeros(20)]), []
    for now in x:
        tangent = np.stack([-2 * 1.4 * now * tangent[0] + 0.3 * tangent[1], tangent[0]])
        growth.append(np.log(np.linalg.norm(tangent, axis=0)))
        tangent = tangent / np.linalg.norm(tangent, axis=0)
    assert np.mean(growth) == pytest.approx(0.418, abs=0.008)


def test_logistic_follows_its_map() -> None:
    x = Logistic(r=3.9, sequences=1).series(np.random.default_rng(0), 50)[:, 0]
    assert_allclose(x[1:], 3.9 * x[:-1] * (1 - x[:-1]), rtol=1e-12)
    assert_allclose([4 * 0.2 * 0.8, 4 * 0.64 * 0.36], [0.64, 0.9216])  # the example


def test_logistic_has_the_arcsine_density_and_diverges_by_doubling() -> None:
    x = Logistic(sequences=50).series(np.random.default_rng(0), 2000)
    assert (x.mean(), x.var()) == (pytest.approx(1 / 2, abs=0.005), pytest.approx(1 / 8, rel=0.01))
    assert kstest(x[::40].ravel(), "arcsine").pvalue > 0.01
    assert np.log(np.abs(4 - 8 * x)).mean() == pytest.approx(np.log(2), abs=0.01)


def test_logistic_is_uncorrelated_with_its_past() -> None:
    x = Logistic(sequences=50).series(np.random.default_rng(0), 2000) - 0.5
    assert_allclose([(x[lag:] * x[:-lag]).mean() / x.var() for lag in (1, 2, 5)], 0, atol=0.015)
