"""What a model type is: hyperparameters, the shapes of its parameters, their first values, and its formula."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from linrnn.declared import Declared

if TYPE_CHECKING:
    from linrnn.network import Network

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Model(Declared, ABC):
    """A model type with its hyperparameters; knows no data and holds no weights.

    Parameters are stacked: each carries a leading axis of replicas, S. All of one replica's parameters,
    flattened and laid end to end in the order of `shapes`, are one row of a `(S, P)` array.
    """

    kind: ClassVar[str] = "model"
    name: ClassVar[str]
    hidden_size: int

    @abstractmethod
    def shapes(self, input_size: int, output_size: int) -> Shapes:
        """Name -> shape of one replica's parameters."""

    @abstractmethod
    def initial(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """First values of one replica's parameters, `(P,)`, drawn from the generator alone."""

    @abstractmethod
    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """State before the first step."""

    @abstractmethod
    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs `(S, time, batch, outputs)` and last state, for inputs `(time, batch, features)`."""

    @abstractmethod
    def network(self, input_size: int, output_size: int) -> Network:
        """A single network of this model type, as a `torch.nn.Module`."""


def count(shapes: Shapes) -> int:
    """P, the number of values in one replica's parameters."""
    return sum(math.prod(shape) for shape in shapes.values())


def unflatten(flat: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    """The parameters `(S, *shape)` that lie in `flat`, `(S, P)`, as views of it."""
    pieces = torch.split(flat, [math.prod(shape) for shape in shapes.values()], dim=1)
    return {name: piece.view(-1, *shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
