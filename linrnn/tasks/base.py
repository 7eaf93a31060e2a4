"""What a task is: a frozen value that makes the sequences of its three splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.declared import Declared

Array = NDArray[np.float64]


class Sequences(NamedTuple):
    """Inputs `(time, batch, features)`, targets `(time, batch, outputs)`; steps before `first` do not count."""

    inputs: Array
    targets: Array
    first: int = 0

    @property
    def variance(self) -> float:
        """Variance of the targets that count: what the mean squared error is divided by (NMSE)."""
        return float(self.targets[self.first :].var())


class Splits(NamedTuple):
    """Sequences to train on, to choose by, and to be judged by."""

    train: Sequences
    val: Sequences
    test: Sequences


@dataclass(frozen=True)
class Task(Declared, ABC):
    """Makes sequences; its fields decide them completely."""

    kind: ClassVar[str] = "task"
    name: ClassVar[str]

    @property
    def input_size(self) -> int:
        """Features of the inputs."""
        return 1

    @property
    def output_size(self) -> int:
        """Features of the targets."""
        return 1

    @property
    def file(self) -> bytes | None:
        """The file that the sequences are read from; None for a task that makes its own."""
        return None

    @abstractmethod
    def splits(self) -> Splits:
        """The sequences of the three splits, the same at every call."""


def split_generators(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """One independent generator each for the train, val and test split of a drawn task."""
    train, val, test = (np.random.default_rng([seed, split]) for split in range(3))
    return train, val, test
