"""One network as a `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from linrnn.errors import ConfigError
from linrnn.models.linear import Linear
from linrnn.models.model import Model, unflatten
from linrnn.models.tanh import Tanh


class Network(nn.Module):
    """One network of any model type as a `torch.nn.Module`.

    The initial weights follow `torch.manual_seed`.

    Parameters
    ----------
    model : Model
        Model type with its hyperparameters.
    input_size, output_size : int
        Features of the inputs and of the outputs.
    """

    def __init__(self, model: Model, input_size: int, output_size: int) -> None:
        super().__init__()
        self.model, self.input_size, self.output_size = model, input_size, output_size
        self.shapes = model.shapes(input_size, output_size)
        for name, shape in self.shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial weights."""
        generator = np.random.default_rng(int(torch.randint(2**62, ())))
        initial = torch.from_numpy(self.model.draw_weights(self.shapes, generator))[None]
        with torch.no_grad():
            for name, value in unflatten(initial, self.shapes).items():
                self.get_parameter(name).copy_(value[0])

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Compute outputs and final state.

        Parameters
        ----------
        inputs : Tensor (time, batch, input_size)
            Input sequences, time >= 1.
        state : Tensor (batch, hidden) or (num_layers, batch, hidden), optional
            State before the first step, with an axis of layers if there are several; zero by default.

        Returns
        -------
        outputs : Tensor (time, batch, output_size)
            Output of each step.
        state : Tensor
            State after the last step, of the shape of the first one.

        Raises
        ------
        ValueError
            If a shape does not match.
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

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load parameters, as `torch.nn.Module.load_state_dict` does.

        Raises
        ------
        ConfigError
            If one of them is complex: parameters are real, those of an `lru` real parts and imaginary parts.
        """
        complex_names = [name for name, value in state_dict.items() if torch.is_tensor(value) and value.is_complex()]
        if complex_names:
            raise ConfigError(
                f"parameters of {self.model.name} are real, not complex as {', '.join(complex_names)} are here: "
                "give real parts, then imaginary parts"
            )
        return super().load_state_dict(state_dict, strict, assign)

    def extra_repr(self) -> str:
        return f"{self.model}, input_size={self.input_size}, output_size={self.output_size}"


class LinearRNN(Network):
    """One linear network as a `torch.nn.Module`: h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        Features of the inputs, units of each layer, and features of the outputs.
    num_layers : int
        Layers; each reads the states h of the one below.

    Attributes
    ----------
    U, W, b, C, c : Parameter
        `(hidden, inputs)`, `(hidden, hidden)`, `(hidden,)`, `(outputs, hidden)`, `(outputs,)`; further layers have
        U2, W2, b2, ...

    References
    ----------
    Kailath (1980), Linear Systems.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Linear(hidden_size, num_layers), input_size, output_size)


class TanhRNN(Network):
    """One tanh network as a `torch.nn.Module`: h_t = tanh(W h_{t-1} + U x_t + b), y_t = C h_t + c.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        Features of the inputs, units of each layer, and features of the outputs.
    num_layers : int
        Layers; each reads the states h of the one below.

    Attributes
    ----------
    U, W, b, C, c : Parameter
        `(hidden, inputs)`, `(hidden, hidden)`, `(hidden,)`, `(outputs, hidden)`, `(outputs,)`; further layers have
        U2, W2, b2, ...

    References
    ----------
    Elman (1990), Finding structure in time.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, num_layers: int = 1) -> None:
        super().__init__(Tanh(hidden_size, num_layers), input_size, output_size)


def build_network(model: Model, input_size: int, output_size: int) -> Network:
    """Create a network of the model: a LinearRNN, a TanhRNN, or a Network where there is more to it."""
    match model:
        case Linear(recurrent_bias="no"):
            return LinearRNN(input_size, model.hidden_size, output_size, model.num_layers)
        case Tanh(recurrent_bias="no"):
            return TanhRNN(input_size, model.hidden_size, output_size, model.num_layers)
    return Network(model, input_size, output_size)
