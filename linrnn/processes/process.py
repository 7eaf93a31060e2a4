"""Base of the processes: random realizations beside their conditional mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from linrnn.data.sequences import Array

BURN_IN = 500  # steps until the start is forgotten
LINEAR_KIND, NOISE_KIND, NONLINEAR_KIND = "linear", "noise", "nonlinear"


class Realization(NamedTuple):
    """Realizations of a process, each array `(time, paths)`.

    Parameters
    ----------
    values : array
        The series y_t.
    mean : array
        Its conditional mean: E[y_t | y_{t-1}, y_{t-2}, ...], or, where it has inputs, E[y_t | u_t, u_{t-1}, ...].
    inputs : array or None
        The inputs u_t, of processes that have some.
    """

    values: Array
    mean: Array
    inputs: Array | None = None

    @property
    def forecast(self) -> Realization:
        """What a predictor sees, step by step: `inputs[t]` is the newest value that `mean[t]` is conditioned on."""
        if self.inputs is not None:
            return self
        return Realization(self.values[1:], self.mean[1:], self.values[:-1])


@dataclass(frozen=True)
class Process(ABC):
    """A process with fixed parameters.

    `kind` is `linear` where the conditional mean is the best linear predictor, `noise` where it is a constant, else
    `nonlinear`.
    """

    name: ClassVar[str]
    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Return the process with random parameters."""

    @abstractmethod
    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        """Return independent realizations, `(steps, paths)`."""
