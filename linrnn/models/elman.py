"""Elman networks (Elman 1990): h_t = f(W h_{t-1} + U x_t + b), y_t = C h_t + c, with an activation f.

With a recurrent bias a, which each recurrence of torch.nn.RNN has as well, h_t = f(W h_{t-1} + a + U x_t + b). Both
have the same gradient, so that their sum moves twice as far with each update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn import kernels
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

    init: str = setting(
        "default", Choice(("default", "orthogonal", "identity", "linear-layers")), "distribution of the initial weights"
    )
    spectral_radius: float = setting(0.0, Reals(0.0, 10.0), "spectral radius of the initial W; 0: no scaling")
    recurrent_bias: str = setting("no", Choice(("no", "yes")), "whether each recurrence has a second bias, beside W")

    @property
    def architecture(self) -> kernels.Architecture | None:
        if self.recurrent_bias == "yes":
            return None
        cell = kernels.parse_code(kernels.CellKind, self.activation)
        return kernels.Architecture(cell, self.hidden_size, self.num_layers)

    @property
    def layers(self) -> list[str]:
        """Suffix of each layer's parameter names: U, W, b, then U2, W2, b2, ..."""
        return ["", *(str(layer) for layer in range(2, self.num_layers + 1))]

    def shapes(self, input_size: int, output_size: int) -> Shapes:
        hidden, below, shapes = self.hidden_size, input_size, Shapes()
        for layer in self.layers:
            shapes |= {f"U{layer}": (hidden, below), f"W{layer}": (hidden, hidden), f"b{layer}": (hidden,)}
            below = hidden
        shapes |= {"C": (output_size, hidden), "c": (output_size,)}
        return shapes | ({f"a{layer}": (hidden,) for layer in self.layers} if self.recurrent_bias == "yes" else {})

    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """Uniform in +-1/sqrt(H), like torch.nn.RNN, the same for every f and with or without a recurrent bias.

        W may be orthogonal instead, or the identity (Le, Jaitly & Hinton 2015), and scaled to a spectral radius. With
        `linear-layers`, U and b are uniform in +-1/sqrt(fan-in of U), as in a network of torch.nn.Linear layers.
        """
        bound = self.hidden_size**-0.5
        common = {name: shape for name, shape in shapes.items() if not name.startswith("a")}
        weights = generator.uniform(-bound, bound, count_parameters(common))
        parameters = unflatten(weights[None], common)
        for layer in self.layers:
            self.initialize_recurrence(parameters[f"W{layer}"][0], generator)
            if self.init == "linear-layers":
                fan_in = shapes[f"U{layer}"][1]
                for name in (f"U{layer}", f"b{layer}"):
                    parameters[name] *= (self.hidden_size / fan_in) ** 0.5
        recurrent_biases = generator.uniform(-bound, bound, count_parameters(shapes) - len(weights))  # drawn last
        return np.concatenate([weights, recurrent_biases]).astype(np.float32)

    def initialize_recurrence(self, W: NDArray[np.float64], generator: np.random.Generator) -> None:
        """Change a uniform W `(H, H)` in place to what `init` and `spectral_radius` say."""
        if self.init == "orthogonal":
            W[:] = draw_orthogonal(self.hidden_size, generator)
        elif self.init == "identity":
            W[:] = np.eye(self.hidden_size)
        if self.spectral_radius:
            W *= self.spectral_radius / compute_spectral_radius(W)

    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """`(S, num_layers, batch, hidden)`."""
        return like.new_zeros(replicas, self.num_layers, batch, self.hidden_size)

    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        from linrnn.models.recurrence import project, recurrence  # torch is not needed for a config

        hidden, final = inputs[None], state.clone()
        for k, layer in enumerate(self.layers):
            bias = parameters[f"b{layer}"]
            if self.recurrent_bias == "yes":
                bias = bias + parameters[f"a{layer}"]
            drive = project(hidden, parameters[f"U{layer}"], bias)
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
