"""Stacks of recurrences with a readout of the last one: what all model types share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linrnn.config.settings import Integers, setting
from linrnn.models.model import Model, Shapes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LayerStack(Model):
    """A stack of recurrences; each reads the states of the layer below at the same step. Readout on the last."""

    hidden_size: int = setting(10, Integers(1, 4096, search=(2, 64)), "units of each recurrence")
    num_layers: int = setting(1, Integers(1, 64, option=(1, 4)), "number of recurrences in the stack")

    @property
    def layers(self) -> list[str]:
        """Suffix of each layer's parameter names: U, W, b, then U2, W2, b2, ..."""
        return ["", *(str(layer) for layer in range(2, self.num_layers + 1))]

    @property
    def state_size(self) -> int:
        """Numbers that a recurrence carries from a step to the next."""
        return self.hidden_size

    @property
    def output_width(self) -> int:
        """Numbers that the layer above reads at each step."""
        return self.hidden_size

    @abstractmethod
    def recurrence_shapes(self, layer: str, input_size: int) -> Shapes:
        """Shapes of the parameters of one recurrence."""

    @abstractmethod
    def recur(
        self, parameters: Mapping[str, Tensor], layer: str, inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """States that are read `(S, T, B, H)` and the last one that is carried, of inputs `(S or 1, T, B, I)`."""

    def readout_shapes(self, output_size: int) -> Shapes:
        """Shapes of the parameters of the readout."""
        return {"C": (output_size, self.output_width), "c": (output_size,)}

    def shapes(self, input_size: int, output_size: int) -> Shapes:
        below, shapes = input_size, Shapes()
        for layer in self.layers:
            shapes |= self.recurrence_shapes(layer, below)
            below = self.output_width
        return shapes | self.readout_shapes(output_size)

    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """`(S, num_layers, batch, state_size)`."""
        return like.new_zeros(replicas, self.num_layers, batch, self.state_size)

    def read_out(self, parameters: Mapping[str, Tensor], states: Tensor) -> Tensor:
        """Outputs `(S, T, B, O)` of the states of the last recurrence."""
        from linrnn.models.recurrence import project  # torch is not needed for a config

        return project(states, parameters["C"], parameters["c"])

    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        hidden, final = inputs[None], []
        for k, layer in enumerate(self.layers):
            hidden, last = self.recur(parameters, layer, hidden, state[:, k])
            final.append(last)
        return self.read_out(parameters, hidden), torch.stack(final, dim=1)
