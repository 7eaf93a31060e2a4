"""Long short-term memory (Hochreiter & Schmidhuber 1997) with forget gates, as torch.nn.LSTM computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from linrnn import kernels
from linrnn.models.dense_stack import DenseStack
from linrnn.models.model import NonlinearityPlace

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Lstm(DenseStack):
    """c_t = f_t c_{t-1} + i_t g_t, h_t = o_t tanh(c_t), y_t = C h_t + c.

    With (i_t, f_t, g_t, o_t) = (sigmoid, sigmoid, tanh, sigmoid)(W h_{t-1} + U x_t + b), the rows of U, W and b in this
    order (forget gates: Gers, Schmidhuber & Cummins 2000). The state is h_t, then c_t.
    """

    name: ClassVar[str] = "lstm"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.GATES
    gates: ClassVar[int] = 4

    @property
    def architecture(self) -> kernels.Architecture | None:
        return kernels.Architecture(kernels.CellKind.LSTM, self.hidden_size, self.num_layers)

    @property
    def state_size(self) -> int:
        return 2 * self.hidden_size

    def recur(
        self, parameters: Mapping[str, Tensor], layer: str, inputs: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        from linrnn.models.gate_recurrence import lstm

        U, W, b = (parameters[f"{name}{layer}"] for name in "UWb")
        return lstm(inputs, U, W, b, state)
