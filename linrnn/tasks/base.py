"""What a task is: a frozen value that makes the sequences of its three splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from linrnn.declared import Declared

Array = NDArray[np.float64]


class Sequences(NamedTuple):
    """Inputs `(time, batch, features)`, targets `(time, batch, outputs)`; steps before `first` do not count.

    Where `classes` says so, the targets are classes, one-hot.
    """

    inputs: Array
    targets: Array
    first: int = 0
    classes: bool = False

    @property
    def scale(self) -> float:
        """What a loss is divided by, so that the best constant has 1 on these sequences.

        Variance of the targets that count, for the mean squared error (NMSE); for classes the entropy of their
        frequencies, in nats, for the cross-entropy.
        """
        counted = self.targets[self.first :]
        if not self.classes:
            return float(counted.var())
        frequencies = counted.mean(axis=(0, 1))
        return float(-(frequencies * np.log(np.where(frequencies > 0, frequencies, 1))).sum())


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
    defaults: ClassVar[Mapping[str, str]] = {}  # settings that this task needs other defaults for, as flat text

    @property
    def label(self) -> str:
        """What people know the task by: its experiment and its rows in tables."""
        return self.name

    @property
    def forecasts(self) -> bool:
        """Whether the targets are later values of the first inputs."""
        return False

    @property
    def input_size(self) -> int:
        """Features of the inputs."""
        return 1

    @property
    def output_size(self) -> int:
        """Features of the targets."""
        return 1

    @property
    def linear_floor(self) -> float | None:
        """The loss of the best linear time-invariant predictor, where it is known in closed form."""
        return None

    @property
    def noise_floor(self) -> float | None:
        """The loss that no predictor goes below, where it is known."""
        return None

    @property
    def content(self) -> bytes | None:
        """The file that the sequences are read from; None for a task that makes its own."""
        return None

    @property
    def data_files(self) -> Mapping[str, bytes]:
        """Name -> content of files of the user's, without which nobody has the sequences."""
        return {}

    def loaded(self, copy: Callable[[str], bytes | None] | None = None) -> Self:
        """The same task with its data in hand, read and checked; `copy` gives a file of `data_files` that is gone.

        DataError where there is none, or one that cannot be used.
        """
        return self

    @abstractmethod
    def splits(self) -> Splits:
        """The sequences of the three splits, the same at every call."""


def split_generators(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """One independent generator each for the train, val and test split of a drawn task."""
    train, val, test = (np.random.default_rng([seed, split]) for split in range(3))
    return train, val, test
