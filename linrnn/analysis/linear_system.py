"""A trained linear network as a linear time-invariant system in state-space form (Kailath 1980)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from linrnn.analysis.linear_parameters import collapse_layers, read_parameters, recurrence_parameters
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from linrnn.models.network import LinearRNN, Network

SQUARINGS = 40  # of A, after which a system counts as unstable: its spectral radius is above 1 - 2**-40, about


@dataclass(frozen=True, eq=False)
class StateSpace:
    """s_{t+1} = A s_t + B x_t + state_offset, y_t = C s_t + D x_t + output_offset, t = 0, 1, ...

    With n states, m inputs and p outputs. Arrays are converted to float64.

    Parameters
    ----------
    A, B, C, D : array (n, n), (n, m), (p, n), (p, m)
        Matrices of the system.
    state_offset, output_offset : array (n,), (p,), optional
        Affine part, which the biases of a network become; zero by default.
    initial_state : array (n,), optional
        s_0; zero by default.

    Raises
    ------
    ValueError
        If shapes do not match, or a value is not finite.

    References
    ----------
    Kailath (1980), Linear Systems.
    """

    A: Array
    B: Array
    C: Array
    D: Array
    state_offset: Array = None  # type: ignore[assignment]
    output_offset: Array = None  # type: ignore[assignment]
    initial_state: Array = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        (n, m), (p, _) = np.shape(self.B), np.shape(self.C)
        shapes = [(n, n), (n, m), (p, n), (p, m), (n,), (p,), (n,)]
        for field, shape in zip(fields(self), shapes, strict=True):
            value = getattr(self, field.name)
            array = np.zeros(shape) if value is None else np.asarray(value).astype(np.float64)
            if array.shape != shape:
                raise ValueError(f"{field.name} must have the shape {shape}, not {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{field.name} has values that are not finite")
            array.setflags(write=False)
            object.__setattr__(self, field.name, array)

    @property
    def order(self) -> int:
        """Number of states n."""
        return len(self.A)

    @property
    def is_stable(self) -> bool:
        """Whether the spectral radius is below 1: some power A^k, k <= 2^40, has a norm below 1/2."""
        power = self.A
        for _ in range(SQUARINGS + 1):
            norm = np.linalg.norm(power)
            if not 0.5 <= norm < 1e100:
                return bool(norm < 0.5)
            power = power @ power
        return False

    def simulate(self, inputs: ArrayLike) -> Array:
        """Compute the outputs from the initial state.

        Parameters
        ----------
        inputs : array (T, m) or (T, batch, m)
            Inputs x_0 to x_{T-1}.

        Returns
        -------
        array (T, p) or (T, batch, p)
            Outputs y_0 to y_{T-1}.
        """
        x = np.asarray(inputs, dtype=np.float64)
        s = np.broadcast_to(self.initial_state, (*x.shape[1:-1], self.order))
        states = np.empty((*x.shape[:-1], self.order))
        for t, drive in enumerate(x @ self.B.T + self.state_offset):
            states[t] = s
            s = s @ self.A.T + drive
        return states @ self.C.T + x @ self.D.T + self.output_offset


def state_space(network: Network | Mapping[str, Any], initial_state: ArrayLike | None = None) -> StateSpace:
    """Return the linear system that a network without a nonlinearity is.

    h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c with s_t = h_{t-1} is the system (A, B, C, D) = (W, U, C W, C U), with
    the affine part b and C b + c. (W, U, C, 0) is the same one step late. A stack of layers is one system whose states
    are those of all layers, see `collapse`. The H complex states of an `lru` layer are 2 H real ones, real parts first:
    W = [[Re L, -Im L], [Im L, Re L]] with L = diag(lambda), whose poles are lambda and its conjugate.

    Parameters
    ----------
    network : Network or mapping of str to array
        A network of the model type `linear`, `lru`, or `almost-linear` without nonlinear units, or the parameters of
        one replica: U `(H, m)`, W `(H, H)`, b `(H,)`, further layers' U2, W2, b2, ..., C `(p, H)`, c `(p,)`; recurrent
        biases a, a2, ... `(H,)` where it has them; of an `lru` nu, theta, gamma `(H,)`, U `(2 H, m)`, C `(p, 2 H)`.
    initial_state : array (n,), optional
        State h of all layers before the first step; zero by default.

    Returns
    -------
    StateSpace
        In float64, n = H times the number of layers, or 2 H of an `lru`.

    Raises
    ------
    ValueError
        If the network is no linear system, or its weights are not finite.

    References
    ----------
    Kailath (1980), Linear Systems; Orvieto et al. (2023), arXiv 2303.06349.
    """
    return layer_system(collapse_layers(read_parameters(network)), initial_state)


def recurrence_system(network: Network | Mapping[str, Any], initial_state: ArrayLike | None = None) -> StateSpace:
    """Return the linear recurrence of a `linear-mlp` network as a system whose outputs are what its readout reads.

    Its p outputs are z_t = M h_t + m, the arguments of the tanh units of the readout, y_t = C tanh(z_t) + c: the linear
    block of a Wiener model.

    Parameters
    ----------
    network : Network or mapping of str to array
        A network of the model type `linear-mlp`, or the parameters of one replica: as for `state_space`, with
        M `(p, H)`, m `(p,)`.
    initial_state : array (n,), optional
        State h of all layers before the first step; zero by default.

    Returns
    -------
    StateSpace
        In float64, n = H times the number of layers.

    Raises
    ------
    ValueError
        If the network is of another model type, or its weights are not finite.

    References
    ----------
    Wiener (1958), Nonlinear Problems in Random Theory.
    """
    return layer_system(collapse_layers(recurrence_parameters(network)), initial_state)


def layer_system(layer: Mapping[str, Array], initial_state: ArrayLike | None = None) -> StateSpace:
    """Return the system of a linear network of one layer, of its parameters W, U, b, C, c."""
    W, U, b, C, c = (layer[name] for name in ("W", "U", "b", "C", "c"))
    return StateSpace(W, U, C @ W, C @ U, b, C @ b + c, initial_state)  # type: ignore[arg-type]


def collapse(network: Network | Mapping[str, Any]) -> LinearRNN:
    """Return the linear network of one layer that equals a stack of linear layers.

    For two layers W = [[W1, 0], [U2 W1, W2]], U = [U1; U2 U1], b = [b1; U2 b1 + b2], C = [0, C2], c = c2: its hidden
    size is the *sum* of those of the layers.

    Parameters
    ----------
    network : Network or mapping of str to array
        As for `state_space`.

    Returns
    -------
    LinearRNN
        In float64, with one layer.

    Raises
    ------
    ValueError
        If the network is no linear system.
    """
    return build_linear_network(collapse_layers(read_parameters(network)))


def build_linear_network(parameters: Mapping[str, Array]) -> LinearRNN:
    """Build a linear network of one layer, in float64, of its parameters W, U, b, C, c."""
    import torch  # not needed for systems alone

    from linrnn.models.network import LinearRNN

    (hidden, inputs), outputs = parameters["U"].shape, len(parameters["c"])
    network = LinearRNN(inputs, hidden, outputs).double()
    network.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    return network
