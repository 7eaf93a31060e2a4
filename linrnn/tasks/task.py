"""Base classes of tasks: frozen settings that determine the sequences of three splits."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from linrnn.config.settings import Config, Integers, setting
from linrnn.data.sequences import Array, Sequences, Splits, forecast_pairs, relative_spread, standardize
from linrnn.errors import ConfigError

SEQUENCES = "sequences of the training split, and of the validation split"  # words of settings
TEST_SEQUENCES = "sequences of the test split; 0: as many as of each other"
LEAST_SPREAD = 1e-9  # of targets that vary, relative to the largest: less is rounding


class TaskData(NamedTuple):
    """The data of a task, which travel beside its settings.

    Parameters
    ----------
    task : Task
        The task; its settings name the data. Its content is attached, but not pickled.
    splits : Splits
        Its sequences.
    files : mapping of str to bytes
        Name and content of the user's files that the sequences are parsed from; empty for built-in tasks.
    """

    task: Task
    splits: Splits
    files: Mapping[str, bytes] = {}


@dataclass(frozen=True)
class Task(Config, ABC):
    """A task: its settings determine its sequences completely."""

    kind: ClassVar[str] = "task"
    name: ClassVar[str]
    defaults: ClassVar[Mapping[str, str]] = {}  # of other settings, a sweep's too, for this task, as flat text

    @property
    def label(self) -> str:
        """Name of the task for people: of its experiment, and in tables."""
        return self.name

    @property
    def forecast_horizon(self) -> int:
        """Steps from an input to the target that is its own later value; 0 where the targets are no later inputs."""
        return 0

    @property
    def forecast_span(self) -> int:
        """Steps from an input to the last target that is a later value of its series; 0 where none is."""
        return self.forecast_horizon

    @property
    def question(self) -> str:
        """The task in one line: what is predicted, from what data."""
        return f"{self.label}: {self.summary()}"

    @classmethod
    def summary(cls) -> str:
        """Return the task in one line, the first of its module's docstring."""
        return str(sys.modules[cls.__module__].__doc__).partition("\n")[0].rstrip(".")

    @property
    def target_column(self) -> str | None:
        """Column of the user's table that is predicted; None where there is no table."""
        return None

    @property
    def input_size(self) -> int:
        """Features of the inputs."""
        return 1

    @property
    def output_size(self) -> int:
        """Features of the targets."""
        return 1

    @property
    def linear_bound(self) -> float | None:
        """Analytic bound: the proved loss of the best linear time-invariant predictor, where it is known."""
        return None

    @property
    def noise_bound(self) -> float | None:
        """Noise bound: the proved loss of the best predictor of any kind, where it is known."""
        return None

    @property
    def file_digest(self) -> str | None:
        """SHA-256 of the file that the sequences are parsed from; None for a task that computes them."""
        return None

    @property
    def content(self) -> bytes | None:
        """Content of that file; None for a task that computes its sequences."""
        return None

    @property
    def test_digest(self) -> str | None:
        """SHA-256 of the user's second file, which is the test split; None where there is none."""
        return None

    @property
    def contents(self) -> tuple[bytes, ...]:
        """Content of each file of the user's; empty for a task that computes its sequences."""
        return ()

    @property
    def is_self_contained(self) -> bool:
        """Whether the sequences can be made without reading a file of the user's."""
        return True

    def load(self, copy: Callable[[str], bytes | None] | None = None) -> TaskData:
        """Read and check the data.

        Parameters
        ----------
        copy : callable, optional
            Returns the content of a file by its name in `TaskData.files`, or None; asked where the file itself is
            missing or changed.

        Returns
        -------
        TaskData
            The task, whose settings name the data that were read, and its sequences.

        Raises
        ------
        DataError
            If there are no data, or they cannot be used.
        """
        return TaskData(self, self.splits())

    def notes(self) -> tuple[str, ...]:
        """Return notes for the user on how the data were read; none for a built-in task."""
        return ()

    @abstractmethod
    def splits(self) -> Splits:
        """Return the sequences of the three splits, the same at every call."""


@dataclass(frozen=True)
class RandomTask(Task):
    """A task with random sequences, each split from its own generator.

    The test split, which is evaluated for confirmations alone, has more sequences than the others by default, so that
    the standard error of the linear baseline's test loss is at most a thirtieth of it.
    """

    length: int = setting(500, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(4, Integers(1, 100_000), SEQUENCES)
    test_sequences: int = setting(32, Integers(0, 100_000), TEST_SEQUENCES)
    seed: int = setting(0, Integers(0, 2**63 - 1), "seed of the sequences")

    @property
    def question(self) -> str:
        sizes = f"{self.sequences} sequences to train, {self.sequences} to validate"
        return f"{super().question}; {sizes}, {self.test_sequences or self.sequences} to test, of {self.length} steps"

    def splits(self) -> Splits:
        test = replace(self, sequences=self.test_sequences or self.sequences)
        with np.errstate(over="ignore", invalid="ignore"):
            splits = Splits(
                *(task.draw(np.random.default_rng([self.seed, k])) for k, task in enumerate((self, self, test)))
            )
            if all(LEAST_SPREAD < relative_spread(each) < np.inf for each in splits):
                return splits
        raise ConfigError(
            f"with these settings the targets of task {self.name} are all the same or grow without bound; "
            "take longer or more sequences, or settings closer to the defaults"
        )

    @abstractmethod
    def draw(self, generator: np.random.Generator) -> Sequences:
        """Return the sequences of one split, `sequences` of them."""


@dataclass(frozen=True)
class ForecastTask(RandomTask):
    """Random series, standardized by the training split alone; the target is a later value of the same series."""

    length: int = setting(600, Integers(3, 1_000_000), "steps of a sequence")
    horizon: int = setting(1, Integers(1, 100_000), "steps from an input to its target")
    washout: int = setting(100, Integers(0, 1_000_000), "first steps of a sequence, excluded from the loss")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_washout_below_length(self.washout, self.length)

    @property
    def forecast_horizon(self) -> int:
        return self.horizon

    def splits(self) -> Splits:
        splits = super().splits()
        return standardize(splits, splits.train.inputs, splits.train.inputs)

    def draw(self, generator: np.random.Generator) -> Sequences:
        return forecast_pairs(self.series(generator, self.length + self.horizon), self.horizon, self.washout)

    @abstractmethod
    def series(self, generator: np.random.Generator, steps: int) -> Array:
        """Return `sequences` random series, `(steps, sequences)`."""


def require_washout_below_length(washout: int, length: int) -> None:
    """Raise ConfigError where no step would enter the loss."""
    if washout >= length:
        raise ConfigError(f"task.washout must be below task.length, {length}, not {washout}")
