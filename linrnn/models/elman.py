"""The family h_t = f(W h_{t-1} + U x_t + b), y_t = C h_t + c (Elman 1990); f is what its members differ in."""

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
    """A stack of recurrences, each reading the states of the one below at the same step; readout on the last."""

    activation: ClassVar[str]

    hidden_size: int = setting(10, Integers(1, 4096, search=(2, 64)), "units of each recurrence")
    num_layers: int = setting(1, Integers(1, 64), "recurrences stacked")

    init: str = setting("default", Choice(("default", "orthogonal")), "how the first W are drawn")
    spectral_radius: float = setting(0.0, Reals(0.0, 10.0), "spectral radius of the first W; 0 for as drawn")

    @property
    def layers(self) -> list[str]:
        """Suffix of the names of each layer's parameters: U, W, b, then U2, W2, b2, ..."""
        return ["", *(str(layer) for layer in range(2, self.num_layers + 1))]

    def shapes(self, input_size: int, output_size: int) -> Shapes:
        hidden, below, shapes = self.hidden_size, input_size, Shapes()
        for layer in self.layers:
            shapes |= {f"U{layer}": (hidden, below), f"W{layer}": (hidden, hidden), f"b{layer}": (hidden,)}
            below = hidden
        return shapes | {"C": (output_size, hidden), "c": (output_size,)}

    def initial(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """Uniform in +-1/sqrt(H), as torch.nn.RNN and torch.nn.Linear; the same draws for every f.

        W may be orthogonal instead, and brought to a spectral radius.
        """
        bound = self.hidden_size**-0.5
        drawn = generator.uniform(-bound, bound, count_parameters(shapes))
        named = unflatten(drawn[None], shapes)
        for layer in self.layers:
            W = named[f"W{layer}"][0]  # a view
            if self.init == "orthogonal":
                W[:] = orthogonal(self.hidden_size, generator)
            if self.spectral_radius:
                W *= self.spectral_radius / spectral_radius(W)
        return drawn.astype(np.float32)

    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """`(S, num_layers, batch, hidden)`."""
        return like.new_zeros(replicas, self.num_layers, batch, self.hidden_size)

    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        from linrnn.models.recurrence import project, recurrence  # torch, which a config does not need

        hidden, last = inputs[None], state.clone()
        for k, layer in enumerate(self.layers):
            driven = project(hidden, parameters[f"U{layer}"], parameters[f"b{layer}"])
            hidden = recurrence(driven, parameters[f"W{layer}"], state[:, k], self.activation)
            last[:, k] = hidden[:, -1]
        return project(hidden, parameters["C"], parameters["c"]), last


def orthogonal(size: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """A rotation or reflection `(size, size)`, uniformly drawn (Stewart 1980), its sums in an order of their own."""
    Q = np.diag(generator.choice([-1.0, 1.0], size))
    for k in range(2, size + 1):  # a reflection takes the first axis, or its opposite, to a direction drawn
        v, rows = generator.standard_normal((k, 1)), Q[-k:]
        v[0] += np.copysign(np.sqrt(np.add.accumulate(v * v)[-1]), v[0])
        along = np.add.accumulate(v * rows)[-1] * (2 / np.add.accumulate(v * v)[-1])
        rows -= v * along
    return Q


def spectral_radius(W: NDArray[np.float64]) -> float:
    """Largest modulus of an eigenvalue, to six digits: so many no processor's arithmetic changes."""
    return float(f"{np.abs(np.linalg.eigvals(W)).max():.6g}")
