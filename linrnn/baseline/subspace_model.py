"""State spaces of low order, identified from subspaces: memory that a few lags cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, choose, squared_errors
from linrnn.baseline.lag_regression import solve
from linrnn.baseline.lags import drop_incomplete, flatten_targets, lag_matrix
from linrnn.baseline.row_blocks import build_blocks, sum_items
from linrnn.data.sequences import Array, Sequences, Splits

LARGEST_ORDER = 10
WINDOWS = (8, 16, 32, 64, 128)  # inputs from which a state is estimated
FUTURE = 64  # targets that a state is to predict, at most: steps times outputs
RIDGE = 1e-6  # of the regressions, relative to the mean variance
NEGLIGIBLE = 1e-17  # norm of a power of A beyond which the past does not matter


class Dynamics(NamedTuple):
    """s_t = A s_{t-1} + B x_t, with A `(order, order)` and B `(order, features)`."""

    A: Array
    B: Array

    @property
    def is_stable(self) -> bool:
        """Whether the spectral radius of A is below 1."""
        return bool(np.abs(np.linalg.eigvals(self.A)).max() < 1)

    def states(self, sequences: Sequences) -> Array:
        """Return 1, s_t and x_t of the steps that count, `(T' * B, 1 + order + features)`; s is 0 before the first.

        s_t = sum_j A^j B x_{t-j}, whose terms are doubled in number with each squaring of A.
        """
        s = sequences.inputs @ self.B.T
        power, reach = self.A, 1
        while reach < len(s) and np.abs(power).max() > NEGLIGIBLE:
            s[reach:] += s[:-reach] @ power.T
            power, reach = power @ power, 2 * reach
        counted = np.concatenate([np.ones((*s.shape[:2], 1)), s, sequences.inputs], axis=2)[sequences.first :]
        return counted.reshape(-1, counted.shape[2])


@dataclass(frozen=True)
class SubspaceModel:
    """s_t = A s_{t-1} + B x_t, y_t = C s_t + D x_t + c.

    Parameters
    ----------
    order : int
        Number of states.
    window : int
        Number of inputs from which a state is estimated.
    is_forecast : bool
        Whether the targets are later inputs; if not, later inputs are held constant where targets are regressed on
        the past.
    features : int
        Number of inputs.

    References
    ----------
    Larimore 1990 (canonical variates), Van Overschee & De Moor 1996.
    """

    order: int
    window: int
    is_forecast: bool = True
    features: int = 1

    @property
    def name(self) -> str:
        """The predictor in words."""
        return f"state space of order {self.order}"

    @property
    def size(self) -> int:
        """Number of coefficients of one output: those of A count as the order, the rest is a choice of basis."""
        return self.order * (2 + self.features) + self.features + 1

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit dynamics and readout; raises ValueError where the dynamics are unstable."""
        complete = [self.complete(each) for each in parts]
        variates = canonical_variates(complete, self.window, self.is_forecast)
        dynamics = fit_dynamics(complete, self.window, variates[: self.order])
        if not dynamics.is_stable:
            raise ValueError(f"{self.name} is unstable")
        return fit_readout(complete, dynamics)

    def complete(self, sequences: Sequences) -> Sequences:
        """Return the sequences without the steps that are not fitted."""
        return drop_incomplete(sequences, self.window, self.window) if self.is_forecast else sequences


def canonical_variates(parts: Sequence[Sequences], window: int, is_forecast: bool) -> Array:
    """Return weights of past inputs, `(variates, window * features)`, in the order of what they tell of later targets.

    Later targets are regressed on the past x_t, ..., x_{t-window+1}; the canonical variates of that regression are
    estimates of the state (Larimore 1990). Forecasts y_t, ..., y_{t+k-1} are later inputs. Other targets y_{t+1}, ...,
    y_{t+k} depend on the inputs from t + 1 on, too, which are regressors then (Van Overschee & De Moor 1996).
    """
    outputs = parts[0].targets.shape[2]
    later, past = max(min(window, FUTURE // outputs), 1), window * parts[0].inputs.shape[2]
    shift, features = int(not is_forecast), parts[0].inputs.shape[2]

    def build(block: Sequence[Sequences]) -> list[Array]:
        rows = (windows(part, window, later, shift) for part in block)
        return [np.concatenate(each) for each in zip(*rows, strict=True)]

    blocks = build_blocks(parts, past + later * (outputs + features), window - 1, build, ahead=later + shift - 1)
    count, *sums = sum_items((len(P), *(each.sum(axis=0) for each in (P, F, U))) for P, F, U in blocks)
    means = [each / count for each in sums]
    centered = regressions(blocks, means, is_forecast)
    squares, products, rest = sum_items((X.T @ X, X.T @ F, F.sum(axis=0)) for X, F in centered)
    G = squares / count
    G += RIDGE * np.trace(G) / len(G) * np.eye(len(G))
    weights = np.linalg.solve(G, products / count)
    pairs = ((F - X @ weights, F - rest / count) for X, F in regressions(blocks, means, is_forecast))
    covariances, variances = sum_items((e.T @ e, np.square(F).sum(axis=0)) for e, F in pairs)
    S = covariances / count
    S += RIDGE * (variances / count).mean() * np.eye(len(S))
    L, M = np.linalg.cholesky(S), np.linalg.cholesky(G[:past, :past])
    _, _, V = np.linalg.svd(np.linalg.solve(L, weights[:past].T) @ M, full_matrices=False)
    variates: Array = np.linalg.solve(M.T, V.T).T
    return variates


def regressions(
    blocks: Iterable[Sequence[Array]], means: Sequence[Array], is_forecast: bool
) -> Iterator[tuple[Array, Array]]:
    """Yield the regressors and later targets of each block, less their means."""
    for block in blocks:
        P, F, U = (each - mean for each, mean in zip(block, means, strict=True))
        yield (P if is_forecast else np.concatenate([P, U], axis=1)), F


def windows(part: Sequences, window: int, later: int, shift: int) -> tuple[Array, Array, Array]:
    """Return past inputs up to t, and targets and inputs from t + shift on, of each step that has them, in rows."""
    first, stop = part.first, len(part.inputs) - later - shift + 1
    rows = (stop - first) * part.inputs.shape[1]
    P = lag_matrix(part.inputs[:stop], window - 1, first)
    F, U = (
        np.lib.stride_tricks.sliding_window_view(each[first + shift :], later, axis=0).reshape(rows, -1)
        for each in (part.targets, part.inputs)
    )
    return P, F, U


def fit_dynamics(parts: Sequence[Sequences], window: int, weights: Array) -> Dynamics:
    """Regress the state estimates s_t on s_{t-1} and x_t."""
    before, now = [], []
    for part in parts:
        estimates = build_blocks(
            [part],
            weights.shape[1],
            window - 1,
            lambda block: lag_matrix(block[0].inputs, window - 1, block[0].first) @ weights.T,
        )
        s = np.concatenate(list(estimates)).reshape(-1, part.inputs.shape[1], len(weights))
        x = part.inputs[part.first + 1 :]
        before.append(np.concatenate([s[:-1], x], axis=2).reshape(-1, len(weights) + x.shape[2]))
        now.append(s[1:].reshape(-1, len(weights)))
    kernel = solve(np.concatenate(before), np.concatenate(now))
    return Dynamics(kernel[: len(weights)].T, kernel[len(weights) :].T)


def fit_readout(parts: Sequence[Sequences], dynamics: Dynamics) -> Predictor:
    """Regress the targets on the states, run from 0 over whole sequences, and on the inputs."""
    X = np.concatenate([dynamics.states(each) for each in parts])
    kernel = solve(X, np.concatenate([flatten_targets(each) for each in parts]))
    return lambda sequences: (dynamics.states(sequences) @ kernel).reshape(-1, *sequences.targets.shape[1:])


def search_subspace_models(data: Splits, horizon: int) -> Score | None:
    """Return the stable state space of the lowest validation loss over orders and windows; None where there is none."""
    scores = list(stable_scores(data, horizon > 0))
    return choose(scores) if scores else None


def stable_scores(data: Splits, is_forecast: bool) -> Iterator[Score]:
    """Yield the validation loss of each state space that is stable, fitted to train, and to train and val."""
    steps, batch, features = data.train.inputs.shape
    counted = steps - data.train.first
    shortest = min(len(each.inputs) - each.first for each in data[:2])
    for window in WINDOWS:
        if window > counted / 3 or window * features * 3 > counted * batch or window + 1 > shortest:
            break
        form = SubspaceModel(0, window, is_forecast, features)
        parts = [form.complete(each) for each in data[:2]]
        variates = [canonical_variates(each, window, is_forecast) for each in (parts[:1], parts)]
        for order in range(1, min(LARGEST_ORDER, len(variates[0])) + 1):
            dynamics = fit_dynamics(parts[:1], window, variates[0][:order])
            if dynamics.is_stable and fit_dynamics(parts, window, variates[1][:order]).is_stable:
                loss = float(squared_errors(fit_readout(parts[:1], dynamics), data.val).mean())
                yield Score(replace(form, order=order), loss)
