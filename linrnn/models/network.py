"""One network as a `torch.nn.Module`, of any model type, and those that have a class of their own."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from linrnn.models.linear import Linear
from linrnn.models.model import Model, unflatten
from linrnn.models.tanh import Tanh


class Network(nn.Module):
    """A single network: the parameters of `model.shapes(input_size, output_size)`, by their names.

    First values come from torch's global generator, so that `torch.manual_seed` decides them.
    """

    def __init__(self, model: Model, input_size: int, output_size: int) -> None:
        super().__init__()
        self.model, self.input_size, self.output_size = model, input_size, output_size
        self.shapes = model.shapes(input_size, output_size)
        for name, shape in self.shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new first values."""
        generator = np.random.default_rng(int(torch.randint(2**62, ())))
        first = torch.from_numpy(self.model.initial(self.shapes, generator))[None]
        with torch.no_grad():
            for name, value in unflatten(first, self.shapes).items():
                self.get_parameter(name).copy_(value[0])

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Outputs `(time, batch, outputs)` and last state, for inputs `(time, batch, features)`.

        State, first and last: `(batch, hidden)`, or `(num_layers, batch, hidden)` where there are several
        layers; zero if not given. Raises ValueError where a shape does not fit.
        """
        if inputs.dim() != 3 or inputs.shape[2] != self.input_size or inputs.shape[0] == 0:
            raise ValueError(
                f"inputs must be (time, batch, {self.input_size}) with time >= 1, not {tuple(inputs.shape)}"
            )
        zero = self.model.zero_state(1, inputs.shape[1], like=inputs)
        outer = zero[0].squeeze(0).shape
        if state is not None and state.shape != outer:
            raise ValueError(f"state must be {tuple(outer)}, not {tuple(state.shape)}")
        parameters = {name: self.get_parameter(name)[None] for name in self.shapes}
        start = zero if state is None else state.view(zero.shape)
        outputs, last = self.model.forward(parameters, inputs, start)
        return outputs[0], last.view(outer)

    def extra_repr(self) -> str:
        return f"{self.model}, input_size={self.input_size}, output_size={self.output_size}"


class LinearRNN(Network):
    """One linear network as a `torch.nn.Module`: h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c.

    Parameters: U `(hidden, inputs)`, W `(hidden, hidden)`, b `(hidden,)`, C `(outputs, hidden)`, c `(outputs,)`;
    with `num_layers` > 1 also U2, W2, b2, ... of the layers above, which read h of the layer below.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Linear(hidden_size, num_layers), input_size, output_size)


class TanhRNN(Network):
    """One tanh network as a `torch.nn.Module`: h_t = tanh(W h_{t-1} + U x_t + b), y_t = C h_t + c.

    Parameters: U `(hidden, inputs)`, W `(hidden, hidden)`, b `(hidden,)`, C `(outputs, hidden)`, c `(outputs,)`;
    with `num_layers` > 1 also U2, W2, b2, ... of the layers above, which read h of the layer below.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Tanh(hidden_size, num_layers), input_size, output_size)


def build_network(model: Model, input_size: int, output_size: int) -> Network:
    """A network of the model: a LinearRNN or a TanhRNN where it is one, a Network of any other type."""
    match model:
        case Linear():
            return LinearRNN(input_size, model.hidden_size, output_size, model.num_layers)
        case Tanh():
            return TanhRNN(input_size, model.hidden_size, output_size, model.num_layers)
    return Network(model, input_size, output_size)
