"""Elman networks (Elman 1990): h_t = f(W h_{t-1} + U x_t + b), y_t = C h_t + c, with an activation f."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn.config.settings import Choice, Integers, Reals, setting
from linrnn.models.model import Model, Shapes, count_parameters, unflatten

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Elman(Model):
    """A stack of recurrences; each reads the states of the layer below at the same step. Readout on the last."""

    activation: ClassVar[str]

    hidden_size: int = setting(10, Integers(1, 4096, search=(2, 64)), "units of each recurrence")
    num_layers: int = setting(1, Integers(1, 64), "number of recurrences in the stack")

    init: str = setting("default", Choice(("default", "orthogonal")), "distribution of the initial W")
    spectral_radius: float = setting(0.0, Reals(0.0, 10.0), "spectral radius of the initial W; 0: no scaling")

    @property
    def layers(self) -> list[str]:
        """Suffix of each layer's parameter names: U, W, b, then U2, W2, b2, ..."""
        return ["", *(str(layer) for layer in range(2, self.num_layers + 1))]

    def shapes(self, input_size: int, output_size: int) -> Shapes:
        hidden, below, shapes = self.hidden_size, input_size, Shapes()
        for layer in self.layers:
            shapes |= {f"U{layer}": (hidden, below), f"W{layer}": (hidden, hidden), f"b{layer}": (hidden,)}
            below = hidden
        return shapes | {"C": (output_size, hidden), "c": (output_size,)}

    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """Uniform in +-1/sqrt(H), like torch.nn.RNN and torch.nn.Linear, the same for every f.

        W may be orthogonal instead, and scaled to a spectral radius.
        """
        bound = self.hidden_size**-0.5
        weights = generator.uniform(-bound, bound, count_parameters(shapes))
        parameters = unflatten(weights[None], shapes)
        for layer in self.layers:
            W = parameters[f"W{layer}"][0]  # a view
            if self.init == "orthogonal":
                W[:] = draw_orthogonal(self.hidden_size, generator)
            if self.spectral_radius:
                W *= self.spectral_radius / compute_spectral_radius(W)
        return weights.astype(np.float32)

    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """`(S, num_layers, batch, hidden)`."""
        return like.new_zeros(replicas, self.num_layers, batch, self.hidden_size)

    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        from linrnn.models.recurrence import project, recurrence  # torch is not needed for a config

        hidden, final = inputs[None], state.clone()
        for k, layer in enumerate(self.layers):
            drive = project(hidden, parameters[f"U{layer}"], parameters[f"b{layer}"])
            hidden = recurrence(drive, parameters[f"W{layer}"], state[:, k], self.activation)
            final[:, k] = hidden[:, -1]
        return project(hidden, parameters["C"], parameters["c"]), final


def draw_orthogonal(size: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """A uniformly distributed orthogonal matrix `(size, size)` (Stewart 1980), with a fixed order of sums."""
    Q = np.diag(generator.choice([-1.0, 1.0], size))
    for k in range(2, size + 1):  # reflect the first axis, or its opposite, to a random direction
        v, rows = generator.standard_normal((k, 1)), Q[-k:]
        v[0] += np.copysign(np.sqrt(np.add.accumulate(v * v)[-1]), v[0])
        projection = np.add.accumulate(v * rows)[-1] * (2 / np.add.accumulate(v * v)[-1])
        rows -= v * projection
    return Q


def compute_spectral_radius(W: NDArray[np.float64]) -> float:
    """Largest modulus of an eigenvalue, rounded to six digits, which are the same on every processor."""
    return float(f"{np.abs(np.linalg.eigvals(W)).max():.6g}")
