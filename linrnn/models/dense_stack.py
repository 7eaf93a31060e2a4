"""Stacks of recurrences with dense recurrent weights W, and how their weights start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn.config.settings import Choice, Reals, setting
from linrnn.models.layer_stack import LayerStack
from linrnn.models.model import Shapes, count_parameters, unflatten


@dataclass(frozen=True)
class DenseStack(LayerStack):
    """Recurrences with W h_{t-1} + U x_t + b, of G gates of H units each."""

    gates: ClassVar[int] = 1

    init: str = setting(
        "default",
        Choice(
            ("default", "orthogonal", "identity", "linear-layers"), option=("default", "orthogonal", "linear-layers")
        ),
        "distribution of the initial weights",
    )
    spectral_radius: float = setting(
        0.0, Reals(0.0, 10.0, option=(0.3, 1.2)), "spectral radius of the initial W; 0: no scaling"
    )

    def recurrence_shapes(self, layer: str, input_size: int) -> Shapes:
        hidden, rows = self.hidden_size, self.gates * self.hidden_size
        return {f"U{layer}": (rows, input_size), f"W{layer}": (rows, hidden), f"b{layer}": (rows,)}

    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        return self.draw_values(shapes, generator).astype(np.float32)

    def draw_values(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float64]:
        """Uniform in +-1/sqrt(H), like torch.nn.RNN, the same for every activation.

        W, of each gate, may be orthogonal instead, or the identity (Le, Jaitly & Hinton 2015), and scaled to a
        spectral radius. With `linear-layers`, U and b are uniform in +-1/sqrt(fan-in of U), as in a network of
        torch.nn.Linear layers.
        """
        bound = self.hidden_size**-0.5
        weights = generator.uniform(-bound, bound, count_parameters(shapes))
        parameters = unflatten(weights[None], shapes)
        for layer in self.layers:
            for W in parameters[f"W{layer}"][0].reshape(self.gates, self.hidden_size, self.hidden_size):
                self.initialize_recurrence(W, generator)
            if self.init == "linear-layers":
                fan_in = shapes[f"U{layer}"][1]
                for name in (f"U{layer}", f"b{layer}"):
                    parameters[name] *= (self.hidden_size / fan_in) ** 0.5
        return weights

    def initialize_recurrence(self, W: NDArray[np.float64], generator: np.random.Generator) -> None:
        """Change a uniform W `(H, H)` in place to what `init` and `spectral_radius` say."""
        if self.init == "orthogonal":
            W[:] = draw_orthogonal(self.hidden_size, generator)
        elif self.init == "identity":
            W[:] = np.eye(self.hidden_size)
        if self.spectral_radius:
            W *= self.spectral_radius / compute_spectral_radius(W)


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
