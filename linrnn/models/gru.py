"""The gated recurrent unit (Cho et al. 2014), as torch.nn.GRU computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from linrnn import kernels
from linrnn.models.dense_stack import DenseStack
from linrnn.models.model import NonlinearityPlace, Shapes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Gru(DenseStack):
    """h_t = (1 - z_t) n_t + z_t h_{t-1}, y_t = C h_t + c.

    With (r_t, z_t) = sigmoid(W h_{t-1} + U x_t + b) and n_t = tanh(U x_t + b + r_t (W h_{t-1} + d)), of the rows of U,
    W and b that belong to r, z and n, in this order.
    """

    name: ClassVar[str] = "gru"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.GATES
    gates: ClassVar[int] = 3

    @property
    def architecture(self) -> kernels.Architecture | None:
        return kernels.Architecture(kernels.CellKind.GRU, self.hidden_size, self.num_layers)

    def recurrence_shapes(self, layer: str, input_size: int) -> Shapes:
        return super().recurrence_shapes(layer, input_size) | {f"d{layer}": (self.hidden_size,)}

    def recur(
        self, parameters: Mapping[str, Tensor], layer: str, inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        from linrnn.models.gate_recurrence import gru

        U, W, b, d = (parameters[f"{name}{layer}"] for name in "UWbd")
        return gru(inputs, U, W, b, d, state)
