"""What a model type is: hyperparameters, the shapes of its parameters, their first values, and its formula."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from linrnn.config.settings import Config

if TYPE_CHECKING:
    from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
T = TypeVar("T", "Tensor", NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True)
class Model(Config, ABC):
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

    def sizes(self, shapes: Shapes) -> tuple[int, int]:
        """Features of the inputs and of the outputs of a network whose parameters have these shapes."""
        one, more_inputs, more_outputs = self.shapes(1, 1), self.shapes(2, 1), self.shapes(1, 2)
        return infer_size(shapes, one, more_inputs), infer_size(shapes, one, more_outputs)

    @abstractmethod
    def initial(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """First values of one replica's parameters, `(P,)`, drawn from the generator alone."""

    @abstractmethod
    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """State before the first step."""

    @abstractmethod
    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs `(S, time, batch, outputs)` and last state, for inputs `(time, batch, features)`."""


def infer_size(shapes: Shapes, one: Shapes, two: Shapes) -> int:
    """The size that parameters have these shapes with, from their shapes with the size 1 and with 2."""
    axes = ((shapes[name][k], one[name][k], two[name][k]) for name in one for k in range(len(one[name])))
    return next((found - first) // (second - first) + 1 for found, first, second in axes if second > first)


def count_parameters(shapes: Shapes) -> int:
    """P, the number of values in one replica's parameters."""
    return sum(math.prod(shape) for shape in shapes.values())


def unflatten(flat: T, shapes: Shapes) -> dict[str, T]:
    """The parameters `(S, *shape)` that lie in `flat`, `(S, P)`, array or tensor, as views of it."""
    named, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        named[name] = flat[:, start:stop].reshape(len(flat), *shape)
        start = stop
    return named


def flatten(named: Mapping[str, NDArray[np.float32]], shapes: Shapes) -> NDArray[np.float32]:
    """The inverse: rows `(S, P)` of the parameters `(S, *shape)`. ValueError where they are of other shapes."""
    wrong = [
        name for name in shapes.keys() | named.keys() if name not in named or named[name].shape[1:] != shapes.get(name)
    ]
    if wrong:
        raise ValueError(f"parameters of another shape: {', '.join(wrong)}")
    return np.concatenate([named[name].reshape(len(named[name]), -1) for name in shapes], axis=1)
