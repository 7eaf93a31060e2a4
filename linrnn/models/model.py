"""Base class of the model types: hyperparameters, shapes of the parameters, initial weights, and formula."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from linrnn import kernels
from linrnn.config.settings import Config

if TYPE_CHECKING:
    from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
T = TypeVar("T", "Tensor", NDArray[np.float32], NDArray[np.float64])


class NonlinearityPlace(StrEnum):
    """Where a network is nonlinear, the simplest place first."""

    NONE = "nowhere"
    READOUT = "readout"
    SOME_UNITS = "some units"
    RECURRENCE = "recurrence"
    GATES = "gates"


class LinearPart(StrEnum):
    """What of a network is a linear time-invariant system."""

    NETWORK = "network"  # all of it
    RECURRENCE = "recurrence"  # all but its readout
    NONE = "none"


LINEAR_PARTS = {NonlinearityPlace.NONE: LinearPart.NETWORK, NonlinearityPlace.READOUT: LinearPart.RECURRENCE}


@dataclass(frozen=True)
class Model(Config, ABC):
    """A model type with its hyperparameters, without data and weights.

    Parameters are stacked along a leading axis of S replicas. The parameters of one replica, flattened and
    concatenated in the order of `shapes`, are one row of an array of weights `(S, P)`.
    """

    kind: ClassVar[str] = "model"
    name: ClassVar[str]
    place: ClassVar[NonlinearityPlace]  # of the nonlinearity of this type
    limits: ClassVar[Mapping[str, str]] = {}  # setting -> the setting that it cannot exceed
    hidden_size: int

    @classmethod
    def formula(cls) -> str:
        """Return the formula of the type, the first line of its docstring."""
        return str(cls.__doc__).partition("\n")[0].rstrip(".")

    @property
    def nonlinearity(self) -> NonlinearityPlace:
        """Where the network is nonlinear with these hyperparameters."""
        return self.place

    @property
    def nonlinear_part(self) -> str:
        """That place in words."""
        return f"the {self.nonlinearity}"

    @property
    def architecture(self) -> kernels.Architecture | None:
        """The network as the compiled kernels compute it; None if they do not."""
        return None

    @property
    def linear_part(self) -> LinearPart:
        """What of its networks is a linear time-invariant system."""
        return LINEAR_PARTS.get(self.nonlinearity, LinearPart.NONE)

    @abstractmethod
    def shapes(self, input_size: int, output_size: int) -> Shapes:
        """Shapes of one replica's parameters, by name."""

    def sizes(self, shapes: Shapes) -> tuple[int, int]:
        """Input size and output size of a network whose parameters have these shapes."""
        one, more_inputs, more_outputs = self.shapes(1, 1), self.shapes(2, 1), self.shapes(1, 2)
        return infer_size(shapes, one, more_inputs), infer_size(shapes, one, more_outputs)

    @abstractmethod
    def draw_weights(self, shapes: Shapes, generator: np.random.Generator) -> NDArray[np.float32]:
        """Initial weights of one replica, `(P,)`, from the generator alone."""

    @abstractmethod
    def zero_state(self, replicas: int, batch: int, like: Tensor) -> Tensor:
        """State before the first step, of the dtype and device of `like`."""

    @abstractmethod
    def forward(self, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs `(S, time, batch, outputs)` and final state, for inputs `(time, batch, features)`."""


def infer_size(shapes: Shapes, one: Shapes, two: Shapes) -> int:
    """The size that gives these shapes, from the shapes of size 1 and of size 2."""
    axes = ((shapes[name][k], one[name][k], two[name][k]) for name in one for k in range(len(one[name])))
    return next((axis - first) // (second - first) + 1 for axis, first, second in axes if second > first)


def count_parameters(shapes: Shapes) -> int:
    """P, the number of values in one replica's parameters."""
    return sum(math.prod(shape) for shape in shapes.values())


def unflatten(flat: T, shapes: Shapes) -> dict[str, T]:
    """Views of the parameters `(S, *shape)` in weights `(S, P)`, array or tensor, by name."""
    parameters, start = {}, 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        parameters[name] = flat[:, start:stop].reshape(len(flat), *shape)
        start = stop
    return parameters


def flatten(parameters: Mapping[str, NDArray[np.float32]], shapes: Shapes) -> NDArray[np.float32]:
    """The inverse: weights `(S, P)` of parameters `(S, *shape)`; ValueError if their shapes differ."""
    wrong = [
        name
        for name in shapes.keys() | parameters.keys()
        if name not in parameters or parameters[name].shape[1:] != shapes.get(name)
    ]
    if wrong:
        raise ValueError(f"parameters whose shape does not match: {', '.join(wrong)}")
    return np.concatenate([parameters[name].reshape(len(parameters[name]), -1) for name in shapes], axis=1)
