"""A linear recurrence with a nonlinear readout: a Wiener model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn import kernels
from linrnn.config.settings import Integers, setting
from linrnn.models.elman import Elman
from linrnn.models.model import NonlinearityPlace, Shapes, unflatten

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LinearMlp(Elman):
    """h_t = W h_{t-1} + U x_t + b, y_t = C tanh(M h_t + m) + c.

    All nonlinearity is in the readout (Wiener 1958).
    """

    name: ClassVar[str] = "linear-mlp"
    activation: ClassVar[str] = "linear"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.READOUT

    readout_size: int = setting(16, Integers(1, 4096, option=(4, 64)), "tanh units of the readout")

    @property
    def architecture(self) -> kernels.Architecture | None:
        linear = super().architecture
        return None if linear is None else linear._replace(readout=self.readout_size)

    def readout_shapes(self, output_size: int) -> Shapes:
        units = self.readout_size
        return {"M": (units, self.hidden_size), "m": (units,), "C": (output_size, units), "c": (output_size,)}

    def draw_values(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float64]:
        """As those of `linear`; those of the readout's layers as torch.nn.Linear draws them."""
        weights = super().draw_values(shapes, generator)
        parameters = unflatten(weights[None], shapes)
        for name in ("C", "c"):
            parameters[name] *= (self.hidden_size / self.readout_size) ** 0.5
        return weights

    def read_out(self, parameters: Mapping[str, Tensor], states: Tensor) -> Tensor:
        from linrnn.models.recurrence import project

        hidden = project(states, parameters["M"], parameters["m"]).tanh()
        return super().read_out(parameters, hidden)
