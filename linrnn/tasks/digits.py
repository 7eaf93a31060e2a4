"""Handwritten digits, read row by row (Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Choice, Integers, Reals, setting
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.tasks.task import Task


@dataclass(frozen=True)
class Digits(Task):
    """The 1797 digits of 8 x 8 pixels that come with scikit-learn; 10 classes, the target of the last step.

    Read as 8 rows of 8 pixels or as 64 pixels one by one, in [0, 1]. Shuffled; the last 20 % are the test split, those
    before them the validation split. The loss is the cross-entropy, divided by that of the best constant predictor.

    Example: the rows of an 8 as inputs -> targets ?, ?, ?, ?, ?, ?, ?, class 8.
    """

    name: ClassVar[str] = "digits"
    defaults: ClassVar[Mapping[str, str]] = {
        "training.epochs": "300",  # enough
        "training.input_noise": "0.14",  # without, the networks learn the few digits by heart
        "training.evaluations": "40",  # each costs as much as an epoch
    }

    steps: str = setting("rows", Choice(("rows", "pixels")), "input of a step: a row of pixels or one pixel")
    validation: float = setting(0.1, Reals(0.01, 0.7), "part of the digits in the validation split")
    seed: int = setting(0, Integers(0, 2**63 - 1), "seed of the shuffle")

    @property
    def input_size(self) -> int:
        return 8 if self.steps == "rows" else 1

    @property
    def output_size(self) -> int:
        return 10

    def splits(self) -> Splits:
        from sklearn.datasets import load_digits  # takes a second

        digits = load_digits()
        order = np.random.default_rng(self.seed).permutation(len(digits.data))
        pixels, labels = digits.data[order] / 16, np.eye(10)[digits.target[order]]
        parts = np.split(np.arange(len(order)), [round((0.8 - self.validation) * len(order)), round(0.8 * len(order))])
        return Splits(*(self.sequences(pixels[part], labels[part]) for part in parts))

    def sequences(self, pixels: Array, labels: Array) -> Sequences:
        """Digits `(batch, 64)` and their classes, one-hot `(batch, 10)`."""
        inputs = pixels.reshape(len(pixels), -1, self.input_size).swapaxes(0, 1)
        targets = np.broadcast_to(labels, (len(inputs), *labels.shape))
        return Sequences(inputs.copy(), targets.copy(), first=len(inputs) - 1, classes=True)
