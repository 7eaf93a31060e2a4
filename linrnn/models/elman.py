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
from linrnn.config.settings import Choice, setting
from linrnn.models.dense_stack import DenseStack
from linrnn.models.model import Shapes, count_parameters

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Elman(DenseStack):
    """A stack of recurrences; each reads the states of the layer below at the same step. Readout on the last."""

    activation: ClassVar[str]

    recurrent_bias: str = setting("no", Choice(("no", "yes")), "whether each recurrence has a second bias, beside W")

    @property
    def architecture(self) -> kernels.Architecture | None:
        cell = kernels.parse_code(kernels.CellKind, self.activation)
        return kernels.Architecture(cell, self.hidden_size, self.num_layers, recurrent_bias=self.has_two_biases)

    @property
    def units(self) -> int | None:
        """Units of each recurrence, the first ones, that pass through f; None for all."""
        return None

    def shapes(self, input_size: int, output_size: int) -> Shapes:
        shapes = super().shapes(input_size, output_size)
        return shapes | ({f"a{layer}": (self.hidden_size,) for layer in self.layers} if self.has_two_biases else {})

    @property
    def has_two_biases(self) -> bool:
        """Whether each recurrence has a recurrent bias."""
        return self.recurrent_bias == "yes"

    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """As `draw_values`, with or without recurrent biases, which are drawn last."""
        common = {name: shape for name, shape in shapes.items() if not name.startswith("a")}
        weights, bound = self.draw_values(common, generator), self.hidden_size**-0.5
        recurrent_biases = generator.uniform(-bound, bound, count_parameters(shapes) - len(weights))
        return np.concatenate([weights, recurrent_biases]).astype(np.float32)

    def recur(
        self, parameters: Mapping[str, Tensor], layer: str, inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        from linrnn.models.recurrence import project, recurrence  # torch is not needed for a config

        bias = parameters[f"b{layer}"]
        if self.has_two_biases:
            bias = bias + parameters[f"a{layer}"]
        drive = project(inputs, parameters[f"U{layer}"], bias)
        hidden = recurrence(drive, parameters[f"W{layer}"], state, self.activation, self.units)
        return hidden, hidden[:, -1]
