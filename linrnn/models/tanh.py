"""The recurrent network as it is usually meant: tanh of the same linear map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman
from linrnn.network import Network


@dataclass(frozen=True)
class Tanh(Elman):
    """h_t = tanh(W h_{t-1} + U x_t + b), y_t = C h_t + c."""

    name: ClassVar[str] = "tanh"
    activation: ClassVar[str] = "tanh"

    def network(self, input_size: int, output_size: int) -> TanhRNN:
        return TanhRNN(input_size, self.hidden_size, output_size, self.num_layers)


class TanhRNN(Network):
    """One tanh network as a `torch.nn.Module`: h_t = tanh(W h_{t-1} + U x_t + b), y_t = C h_t + c.

    Parameters: U `(hidden, inputs)`, W `(hidden, hidden)`, b `(hidden,)`, C `(outputs, hidden)`, c `(outputs,)`;
    with `num_layers` > 1 also U2, W2, b2, ... of the layers above, which read h of the layer below.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Tanh(hidden_size, num_layers), input_size, output_size)
