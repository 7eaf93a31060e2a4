"""The linear recurrent unit (Orvieto et al. 2023, arXiv 2303.06349)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn import kernels
from linrnn.config.settings import Reals, setting
from linrnn.errors import ConfigError
from linrnn.models.layer_stack import LayerStack
from linrnn.models.model import NonlinearityPlace, Shapes, count_parameters, unflatten

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Lru(LayerStack):
    """h_t = lambda h_{t-1} + gamma U x_t, complex and diagonal, y_t = C h_t + c.

    C reads real and imaginary parts of the H states. Stable whatever the parameters are: lambda = exp(-exp(nu) + i
    exp(theta)); the scale of the inputs is exp(gamma). Initially lambda is uniform on the ring of radii `min_radius` to
    `max_radius` with phases to 2 pi, and gamma is such that states have the variance of their inputs,
    ``(1 - |lambda|^2)^1/2``.
    """

    name: ClassVar[str] = "lru"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.NONE

    min_radius: float = setting(0.0, Reals(0.0, 1.0), "smallest modulus of the initial poles")
    max_radius: float = setting(1.0, Reals(0.0, 1.0), "largest modulus of the initial poles")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_radius >= self.max_radius:
            raise ConfigError(
                f"model.min_radius must be below model.max_radius, {self.max_radius}, not {self.min_radius}"
            )

    @property
    def architecture(self) -> kernels.Architecture | None:
        return kernels.Architecture(kernels.CellKind.LRU, self.hidden_size, self.num_layers)

    @property
    def state_size(self) -> int:
        return 2 * self.hidden_size

    @property
    def output_width(self) -> int:
        return 2 * self.hidden_size

    def recurrence_shapes(self, layer: str, input_size: int) -> Shapes:
        logarithms = {f"{name}{layer}": (self.hidden_size,) for name in ("nu", "theta", "gamma")}
        return logarithms | {f"U{layer}": (2 * self.hidden_size, input_size)}

    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """Poles uniform on a ring, U normal with variance 1 / (2 inputs), C uniform in +-1/sqrt(2 H)."""
        bound = self.output_width**-0.5
        weights = generator.uniform(-bound, bound, count_parameters(shapes))
        parameters = unflatten(weights[None], shapes)
        low, high = self.min_radius**2, self.max_radius**2
        for layer in self.layers:
            squares = np.clip(generator.uniform(low, high, self.hidden_size), 1e-12, 1 - 1e-9)  # of the moduli
            parameters[f"nu{layer}"][0] = np.log(-0.5 * np.log(squares))
            parameters[f"theta{layer}"][0] = np.log(2 * np.pi * generator.uniform(1e-9, 1, self.hidden_size))
            parameters[f"gamma{layer}"][0] = 0.5 * np.log(1 - squares)
            U = parameters[f"U{layer}"][0]
            U[:] = generator.standard_normal(U.shape) * (2 * U.shape[1]) ** -0.5
        return weights.astype(np.float32)

    def recur(
        self, parameters: Mapping[str, Tensor], layer: str, inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        from linrnn.models.diagonal_recurrence import lru

        nu, theta, gamma, U = (parameters[f"{name}{layer}"] for name in ("nu", "theta", "gamma", "U"))
        hidden = lru(inputs, nu, theta, gamma, U, state)
        return hidden, hidden[:, -1]
