"""The recurrent network without its activation: a linear time-invariant system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman
from linrnn.network import Network


@dataclass(frozen=True)
class Linear(Elman):
    """h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c.

    As a state-space system s_{t+1} = A s_t + B x_t, y_t = C' s_t + D x_t with s_t = h_{t-1} (Kailath 1980):
    (A, B, C', D) = (W, U, C W, C U), the bias b as one more constant input.
    """

    name: ClassVar[str] = "linear"
    activation: ClassVar[str] = "linear"

    def network(self, input_size: int, output_size: int) -> LinearRNN:
        return LinearRNN(input_size, self.hidden_size, output_size, self.num_layers)


class LinearRNN(Network):
    """One linear network as a `torch.nn.Module`: h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c.

    Parameters: U `(hidden, inputs)`, W `(hidden, hidden)`, b `(hidden,)`, C `(outputs, hidden)`, c `(outputs,)`;
    with `num_layers` > 1 also U2, W2, b2, ... of the layers above, which read h of the layer below.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Linear(hidden_size, num_layers), input_size, output_size)
