"""A trained linear network as a linear time-invariant system in state-space form (Kailath 1980)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from linrnn.data.sequences import Array
from linrnn.models.linear import Linear

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
    """Return the linear system that a linear network is.

    h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c with s_t = h_{t-1} is the system (A, B, C, D) = (W, U, C W, C U), with
    the affine part b and C b + c. (W, U, C, 0) is the same one step late. A stack of layers is one system whose states
    are those of all layers, see `collapse`.

    Parameters
    ----------
    network : Network or mapping of str to array
        A network of the model type `linear`, or the parameters of one replica: U `(H, m)`, W `(H, H)`, b `(H,)`,
        further layers' U2, W2, b2, ..., C `(p, H)`, c `(p,)`; recurrent biases a, a2, ... `(H,)` where it has them.
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
    Kailath (1980), Linear Systems.
    """
    W, U, b, C, c = collapse_layers(read_parameters(network)).values()
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
        If the network is of another model type.
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


def read_parameters(network: Network | Mapping[str, Any]) -> dict[str, Array]:
    """Return the parameters of one linear network in float64, by name; a recurrent bias is added to b."""
    if not isinstance(network, Mapping):
        model = getattr(network, "model", None)
        if model is None:  # it wraps a network, as one in the unit of the user's file
            raise ValueError("the network itself is needed: tracking.load returns it with raw=True")
        if not isinstance(model, Linear):
            raise ValueError(f"a network of the model type linear is needed, not {model.name}")
        network = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    parameters = {name: np.asarray(value, dtype=np.float64) for name, value in network.items()}
    for name in [name for name in parameters if name.startswith("a")]:
        bias = name.replace("a", "b")
        parameters[bias] = parameters[bias] + parameters.pop(name)
    return parameters


def collapse_layers(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Return W, U, b, C, c of the one layer that equals the stack."""
    W, U, b = parameters["W"], parameters["U"], parameters["b"]
    top, layer = len(b), 2  # units of the uppermost layer, whose states are the last ones
    while f"W{layer}" in parameters:
        Uk, Wk, bk = (parameters[f"{name}{layer}"] for name in "UWb")
        W = np.block([[W, np.zeros((len(W), len(Wk)))], [Uk @ W[-top:], Wk]])
        U, b = np.concatenate([U, Uk @ U[-top:]]), np.concatenate([b, Uk @ b[-top:] + bk])
        top, layer = len(Wk), layer + 1
    C = np.concatenate([np.zeros((len(parameters["C"]), len(W) - top)), parameters["C"]], axis=1)
    return {"W": W, "U": U, "b": b, "C": C, "c": parameters["c"]}
