"""SHA-256 of what a trial computes from and to, so that two computations can be told apart by a line."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linrnn.config import TrialConfig
from linrnn.tasks.base import Sequences, Splits
from linrnn.training import initial_weights


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 over the arrays' types, shapes and bytes."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str} {array.shape} ".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def sequences_digest(sequences: Sequences) -> str:
    """Digest of one split: inputs, targets and the first step that counts."""
    return digest(sequences.inputs, sequences.targets, np.array(sequences.first))


def origin_digests(config: TrialConfig, splits: Splits) -> dict[str, str]:
    """Digests of what a trial starts from: each split's data and the replicas' first weights."""
    shapes = config.model.shapes(config.task.input_size, config.task.output_size)
    data = {f"data.{name}": sequences_digest(split) for name, split in splits._asdict().items()}
    return {**data, "initial_weights": digest(initial_weights(config, shapes))}
