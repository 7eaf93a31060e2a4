"""Memory that training takes, from the sizes alone: known before anything is allocated."""

from __future__ import annotations

import numpy as np

from linrnn.data.sequences import Sequences, Splits
from linrnn.data.windows import cut_windows
from linrnn.kernels.interface import plan_training
from linrnn.kernels.lanes import lane_groups
from linrnn.training.evaluation import MOST_STATES, kernel_objective, trains_with_kernels
from linrnn.training.trial_config import TrialConfig

REAL_BYTES, EXACT_BYTES = 4, 8  # of float32, which is trained, and of float64, which is evaluated
NOISES = 3  # arrays of the size of the inputs, that noise takes: itself, scaled, and added
PASSES = 4  # tensors that torch keeps for a matrix product: its result, the state, and the slopes of both


def training_bytes(config: TrialConfig, splits: Splits) -> int:
    """Return the bytes that training and evaluating a trial takes beside the sequences and the libraries."""
    windows = cut_windows(splits.train, config.training.window)
    kernels = config.training.device == "cpu" and trains_with_kernels(config.model, windows)
    trained: int = kernel_bytes(config, windows) if kernels else torch_bytes(config, windows)
    if config.training.input_noise:
        trained += NOISES * REAL_BYTES * windows.inputs.size
    longest = max(splits, key=lambda part: part.inputs.shape[0] * part.inputs.shape[1])
    steps, batch = longest.inputs.shape[:2]
    states: int = min(steps * batch * config.model.hidden_size, MOST_STATES // 4)  # of a part of the time
    return max(trained, 2 * states * EXACT_BYTES)


def kernel_bytes(config: TrialConfig, sequences: Sequences) -> int:
    """Return the bytes of the array in which the kernels train a group of replicas, and of the data."""
    objective = kernel_objective(sequences, np.float32)
    sizes, rows = objective.sizes(config.model.architecture), objective.shape[0]
    lanes = max(each for _, _, each in lane_groups(config.training.replicas, sizes, rows, np.float32))
    plan = plan_training(sizes, *objective.shape, lanes)
    values: int = lanes * plan.layout.size + sequences.inputs.size + sequences.targets.size
    return REAL_BYTES * values


def torch_bytes(config: TrialConfig, sequences: Sequences) -> int:
    """Return the bytes that torch keeps for the gradient of all replicas: some numbers for each row of a matrix."""
    steps, batch, features = sequences.inputs.shape
    shapes = config.model.shapes(features, sequences.targets.shape[2])
    rows = sum(shape[0] for shape in shapes.values() if len(shape) > 1)
    values: int = PASSES * rows * config.training.replicas * steps * batch
    return REAL_BYTES * values
