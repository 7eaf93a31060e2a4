"""The parameters of the linear network that a network of another model type is, or that its recurrence is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from linrnn.data.sequences import Array
from linrnn.models.model import LinearPart

if TYPE_CHECKING:
    from linrnn.models.network import Network

LINEAR_TYPES = "linear, lru, or almost-linear without nonlinear units"


def read_parameters(network: Network | Mapping[str, Any]) -> dict[str, Array]:
    """Return the parameters of the linear network that a network is, in float64: W, U, b of each layer, C, c."""
    parameters = collect_parameters(network, LinearPart.NETWORK, LINEAR_TYPES)
    if "M" in parameters:
        raise ValueError("the readout is nonlinear: recurrence_system returns the linear recurrence before it")
    return parameters


def recurrence_parameters(network: Network | Mapping[str, Any]) -> dict[str, Array]:
    """Return the parameters of the linear recurrence of a `linear-mlp` network, read by C = M, c = m."""
    parameters = collect_parameters(network, LinearPart.RECURRENCE, "linear-mlp")
    if "M" not in parameters:
        raise ValueError("the readout has no hidden layer: state_space returns the whole network")
    return parameters | {"C": parameters.pop("M"), "c": parameters.pop("m")}


def collect_parameters(network: Network | Mapping[str, Any], part: LinearPart, types: str) -> dict[str, Array]:
    """Return the parameters of a network by name, in float64; ValueError unless this part of it is linear."""
    if not isinstance(network, Mapping):
        model = getattr(network, "model", None)
        if model is None:  # it wraps a network, as one in the unit of the user's file
            raise ValueError("the network itself is needed: tracking.load returns it with raw=True")
        if model.linear_part != part:
            raise ValueError(f"a network of the model type {types} is needed, not {model.name}")
        network = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
    parameters = {name: np.asarray(value, dtype=np.float64) for name, value in network.items()}
    for name in [name for name in parameters if name.startswith("a")]:  # the recurrent bias counts with b
        bias = name.replace("a", "b")
        parameters[bias] = parameters[bias] + parameters.pop(name)
    for name in [name for name in parameters if name.startswith("nu")]:
        parameters |= real_recurrence(parameters, name.removeprefix("nu"))
    return parameters


def real_recurrence(parameters: dict[str, Array], layer: str) -> dict[str, Array]:
    """Return W, U, b of a layer of H complex states as 2 H real ones, and remove its logarithms (Orvieto et al. 2023).

    lambda = exp(-exp(nu) + i exp(theta)), and exp(gamma) scales the inputs.
    """
    nu, theta, gamma = (np.exp(parameters.pop(f"{name}{layer}")) for name in ("nu", "theta", "gamma"))
    poles = np.diag(np.exp(-nu + 1j * theta))
    return {
        f"W{layer}": np.block([[poles.real, -poles.imag], [poles.imag, poles.real]]),
        f"U{layer}": np.tile(gamma, 2)[:, None] * parameters[f"U{layer}"],
        f"b{layer}": np.zeros(2 * len(nu)),
    }


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
