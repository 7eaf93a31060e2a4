"""A trained network with the scale of its data: values in the file's unit in, and out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from linrnn.data.sequences import Array
from linrnn.data.series_scale import SeriesScale
from linrnn.models.network import Network

State = Tensor | tuple[Tensor, Tensor]


class UnitNetwork(nn.Module):
    """A network that takes and gives values in the unit of the user's file.

    Parameters
    ----------
    network : Network
        The network, which reads and writes standardized values.
    scale : SeriesScale
        Means and standard deviations of inputs and targets.
    """

    def __init__(self, network: Network, scale: SeriesScale) -> None:
        super().__init__()
        self.network, self.scale = network, scale
        self.input_size, self.output_size = network.input_size, network.output_size

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Compute outputs and final state.

        Parameters
        ----------
        inputs : Tensor (time, batch, input_size)
            Input sequences in the file's unit, time >= 1.
        state : optional
            What an earlier call returned, to continue from there. Of networks that read changes, it contains the last
            value, too.

        Returns
        -------
        outputs : Tensor (time, batch, output_size)
            Output of each step, in the file's unit.
        state : Tensor or tuple of Tensor
            State after the last step.
        """
        inner, previous = state if isinstance(state, tuple) else (state, None)
        values = inputs.double()
        first = values[:, :, :1]
        if self.scale.relative:
            before = first[:1] if previous is None else previous.double()[None, :, None]
            change = first - torch.cat([before, first[:-1]])
            values = torch.cat([change, values[:, :, 1:]], dim=2)
        scaled = (values - tensor(self.scale.input_mean)) / tensor(self.scale.input_deviation)
        outputs, last = self.network(scaled.to(next(self.network.parameters()).dtype), inner)
        copies = self.output_size // len(self.scale.target_deviation)  # steps that are predicted at once
        base = first if self.scale.relative else tensor(self.scale.target_mean).repeat(copies)
        restored = outputs.double() * tensor(self.scale.target_deviation).repeat(copies) + base
        after: State = (last, inputs[-1, :, 0]) if self.scale.relative else last
        return restored.to(inputs.dtype), after


def tensor(values: Array) -> Tensor:
    """Return values as a tensor."""
    return torch.from_numpy(values)
