"""Balanced truncation: the linear system, or linear network, of a lower order that does almost the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from linrnn.analysis.hankel import gramian_factors, hankel_singular_values, rounding_error
from linrnn.analysis.linear_parameters import collapse_layers, read_parameters
from linrnn.analysis.linear_system import StateSpace, build_linear_network
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from linrnn.models.network import LinearRNN, Network

SINGULAR = 1e10  # condition number of I - A beyond which 1 counts as a pole


def balanced_truncation(system: StateSpace, order: int, horizon: int | None = None) -> StateSpace:
    """Return a system of lower order: the balanced states of the largest Hankel singular values.

    Square-root method. The gain of its error is at most 2 times the sum of the dropped singular values at any
    frequency (`truncation_error_bounds`). D is unchanged. The affine part and the initial state are projected like all
    states, and the output offset makes up for the constant that the dropped states add in the steady state, unless the
    system has a pole at 1. What they add before it, in states that no input reaches, is lost.

    Parameters
    ----------
    system : StateSpace
        With n states.
    order : int
        Number of states of the result, 1 to n. Above the minimal order, further states are 0.
    horizon : int, optional
        Steps of the Gramians; by default all of a stable system, and 100 of an unstable one, with a warning. Over a
        finite horizon, this is time-limited balanced truncation, for which there is no error bound.

    Returns
    -------
    StateSpace
        With `order` states, balanced: both its Gramians are the diagonal matrix of the singular values.

    Raises
    ------
    ValueError
        If the order is not in 1 to n, or the Gramians are too large for float64.

    References
    ----------
    Moore (1981), Principal component analysis in linear systems; Tombs & Postlethwaite (1987), Truncated balanced
    realization of a stable non-minimal state-space system (square-root method); Gawronski & Juang (1990), Model
    reduction in limited time and frequency intervals.
    """
    check_order(order, system.order)
    return truncate_states(balance(system, horizon), order)


def check_order(order: int, largest: int) -> None:
    """Raise ValueError for an order that is not in 1 to the largest."""
    if not 1 <= order <= largest:
        raise ValueError(f"order must be in 1 to {largest}, not {order}")


def balance(system: StateSpace, horizon: int | None = None) -> StateSpace:
    """Return the balanced realization, states by decreasing singular value; those above the minimal order are 0."""
    Z, Y, _ = gramian_factors(system, horizon)
    left, values, right = np.linalg.svd(Y.T @ Z)
    rank = int((values > rounding_error(Z, Y)).sum())
    scale = 1 / np.sqrt(values[:rank])
    T, L = np.zeros((2, system.order, system.order))  # states s = T r, r = L s, L T = I
    T[:, :rank], L[:rank] = Z @ right[:rank].T * scale, (Y @ left[:, :rank] * scale).T
    signs = np.sign(T[np.abs(T).argmax(axis=0), np.arange(system.order)]) + (T == 0).all(axis=0)
    T, L = T * signs, L * signs[:, None]
    realization = StateSpace(
        L @ system.A @ T,
        L @ system.B,
        system.C @ T,
        system.D,
        L @ system.state_offset,
        system.output_offset,
        L @ system.initial_state,
    )
    return keep_steady_state(realization, system)


def truncate_states(system: StateSpace, order: int) -> StateSpace:
    """Return the system of the first states."""
    first = slice(0, order)
    truncation = StateSpace(
        system.A[first, first],
        system.B[first],
        system.C[:, first],
        system.D,
        system.state_offset[first],
        system.output_offset,
        system.initial_state[first],
    )
    return keep_steady_state(truncation, system)


def keep_steady_state(system: StateSpace, original: StateSpace) -> StateSpace:
    """Return a system whose affine part adds the same to the output in the steady state as that of another one."""
    difference = affine_gain(original) - affine_gain(system)
    return (
        replace(system, output_offset=original.output_offset + difference) if np.isfinite(difference).all() else system
    )


def truncation_error_bounds(system: StateSpace) -> Array:
    """Return the bound of the error of each order: 2 times the sum of the dropped Hankel singular values.

    It bounds the gain of the difference between the system and its balanced truncation at any frequency, and so the
    root mean square of the difference of their outputs, relative to that of the inputs, from the state zero.

    Parameters
    ----------
    system : StateSpace
        With n states, stable.

    Returns
    -------
    array (n + 1,)
        Of the orders 0 to n, not increasing, the last one 0.

    Raises
    ------
    ValueError
        If the system is unstable: there is no bound.

    References
    ----------
    Glover (1984), All optimal Hankel-norm approximations; for discrete time Al-Saggaf & Franklin (1987).
    """
    if not system.is_stable:
        raise ValueError("the system is unstable: balanced truncation has no error bound")
    values = hankel_singular_values(system)
    return np.append(2 * np.cumsum(values[::-1])[::-1], 0.0)


def delay_output(system: StateSpace | Network | Mapping[str, Any]) -> StateSpace:
    """Return the system (W, U, C, 0) whose output is that of another one step later: the form of a linear network.

    The output of h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c is C s_{t+1} + c. A system (A, B, C', D) in general has
    no C with C [A, B] = [C', D]; then its inputs become m further states, s_t and x_t being the state of the network.

    Parameters
    ----------
    system : StateSpace, Network or mapping of str to array
        A system, a network that is one (see `state_space`), or the parameters of one.

    Returns
    -------
    StateSpace
        With n or n + m states, of a network the sum of the hidden sizes of its layers, and D = 0.

    Raises
    ------
    ValueError
        If the network is no linear system.

    References
    ----------
    Kailath (1980), Linear Systems.
    """
    if not isinstance(system, StateSpace):
        return late_system(collapse_layers(read_parameters(system)))
    n, m = system.B.shape
    maps = [np.concatenate(pair, axis=1) for pair in ((system.A, system.B), (system.C, system.D))]
    C: Array = np.linalg.lstsq(maps[0].T, maps[1].T, rcond=None)[0].T.astype(np.float64)
    if np.abs(C @ maps[0] - maps[1]).max(initial=0) <= 1e-12 * np.abs(maps[1]).max(initial=0):
        offset = system.output_offset - C @ system.state_offset
        return StateSpace(
            system.A, system.B, C, np.zeros_like(system.D), system.state_offset, offset, system.initial_state
        )
    return StateSpace(
        np.concatenate([maps[0], np.zeros((m, n + m))]),
        np.concatenate([np.zeros((n, m)), np.eye(m)]),
        maps[1],
        np.zeros_like(system.D),
        np.concatenate([system.state_offset, np.zeros(m)]),
        system.output_offset,
    )


def late_system(layer: Mapping[str, Array]) -> StateSpace:
    """Return the system (W, U, C, 0) of a linear network of one layer, of its parameters W, U, b, C, c."""
    D = np.zeros((len(layer["c"]), layer["U"].shape[1]))
    return StateSpace(layer["W"], layer["U"], layer["C"], D, layer["b"], layer["c"])


def to_network(system: StateSpace) -> LinearRNN:
    """Return a linear network with the function of a system.

    Parameters
    ----------
    system : StateSpace
        With n states and m inputs, of any D.

    Returns
    -------
    LinearRNN
        In float64, of n hidden units, or n + m where D is not that of a network (`delay_output`). It starts from the
        state 0; where the system does not, or has a state offset and m further units are needed, the two differ by a
        transient.

    References
    ----------
    Kailath (1980), Linear Systems.
    """
    return build_linear_network(network_parameters(delay_output(system)))


def reduce_network(
    network: Network | Mapping[str, Any] | StateSpace, order: int, horizon: int | None = None
) -> LinearRNN:
    """Return the linear network of a smaller hidden size that does almost the same, by balanced truncation.

    The triple (W, U, C) is reduced, so that the result is a network again; its impulse response starts at C U, and the
    gain of the error is bounded by `truncation_error_bounds(delay_output(network))`.

    Parameters
    ----------
    network : Network, mapping of str to array, or StateSpace
        A network that is a linear system, with H states in all layers (see `state_space`), the parameters of one, or a
        system.
    order : int
        Hidden size of the result, 1 to H.
    horizon : int, optional
        Steps of the Gramians, as for `balanced_truncation`.

    Returns
    -------
    LinearRNN
        In float64, with one layer of `order` units.

    Raises
    ------
    ValueError
        If the order is not in 1 to H, the network is no linear system, or the Gramians are too large for float64.

    References
    ----------
    Moore (1981), Principal component analysis in linear systems.
    """
    return build_linear_network(network_parameters(balanced_truncation(delay_output(network), order, horizon)))


def network_parameters(late: StateSpace) -> dict[str, Array]:
    """Return the parameters of the linear network whose output one step later is that of a system (W, U, C, 0)."""
    return {"W": late.A, "U": late.B, "b": late.state_offset, "C": late.C, "c": late.output_offset}


def affine_gain(system: StateSpace) -> Array:
    """Return what the state offset adds to the output in the steady state, `(p,)`; nan where there is a pole at 1."""
    inverse = np.eye(system.order) - system.A
    if not system.state_offset.any():
        return np.zeros(len(system.C))
    if np.linalg.cond(inverse) > SINGULAR:
        return np.full(len(system.C), np.nan)
    return (system.C @ np.linalg.solve(inverse, system.state_offset)).astype(np.float64)
