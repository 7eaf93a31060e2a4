"""Training steps on stacked replicas: compiled kernels for small networks, autograd for all others.

Both compute the same updates. A replica whose loss or gradient norm is not finite has diverged: its weights are nan
from then on, and the other replicas are unaffected.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from linrnn import kernels
from linrnn.data.sequences import Sequences
from linrnn.models.model import Shapes, unflatten
from linrnn.training.evaluation import (
    KERNELS,
    TORCH,
    kernel_objective,
    normalized_loss,
    single_torch_thread,
    trains_with_kernels,
)
from linrnn.training.history import Losses, Weights
from linrnn.training.input_noise import add_noise
from linrnn.training.trial_config import TrialConfig


class TrainingBackend(Protocol):
    """Training steps of the replicas of one trial."""

    form: ClassVar[str]

    @property
    def weights(self) -> Weights:
        """A copy of the current weights, `(S, P)`."""

    def advance(self, epochs: int) -> tuple[Losses, Losses]:
        """Train; return the loss before the update and the gradient norm of each epoch, `(epochs, S)` each."""


def choose_backend(
    config: TrialConfig, shapes: Shapes, weights: Weights, data: Sequences, form: str = ""
) -> TrainingBackend:
    """The back end of a form, or the faster one for the sizes of the config, with these initial weights."""
    if form != TORCH and config.training.device == "cpu" and trains_with_kernels(config.model, data):
        return KernelBackend(config, weights, data)
    return TorchBackend(config, shapes, weights, data)


class KernelBackend:
    """Compiled training; the bits of a replica depend neither on S nor on the processor."""

    form: ClassVar[str] = KERNELS

    def __init__(self, config: TrialConfig, weights: Weights, data: Sequences) -> None:
        self.config, self.training = config, config.training
        self.objective, self.architecture = kernel_objective(data, np.float32), config.model.architecture
        self.present = weights.copy()
        self.moments = np.zeros_like(weights), np.zeros_like(weights)
        self.epoch = 0

    @property
    def weights(self) -> Weights:
        """A copy of the current weights, `(S, P)`."""
        return self.present.copy()

    def advance(self, epochs: int) -> tuple[Losses, Losses]:
        """Train; return the loss before the update and the gradient norm of each epoch, `(epochs, S)` each."""
        if not self.training.input_noise:
            return self.train_epochs(self.objective, epochs)
        inputs = self.objective.inputs
        noisy = (add_noise(self.config, inputs, epoch) for epoch in range(self.epoch, self.epoch + epochs))
        losses, norms = zip(*(self.train_epochs(self.objective._replace(inputs=x), 1) for x in noisy), strict=True)
        return np.concatenate(losses), np.concatenate(norms)

    def train_epochs(self, objective: kernels.Objective, epochs: int) -> tuple[Losses, Losses]:
        """Train on the same inputs in each epoch; return as `advance` does."""
        losses, norms = kernels.train_steps(
            self.present,
            *self.moments,
            self.epoch,
            self.training.learning_rates(self.epoch, epochs),
            objective,
            self.architecture,
            self.training.clip_norm,
            self.training.weight_decay,
        )
        self.epoch += epochs
        return losses, norms


class TorchBackend:
    """Training of any model type on any device by autograd; the reference for the compiled form."""

    form: ClassVar[str] = TORCH

    def __init__(self, config: TrialConfig, shapes: Shapes, weights: Weights, data: Sequences) -> None:
        self.config, self.training, self.shapes, self.data = config, config.training, shapes, data
        training = config.training
        self.inputs = torch.from_numpy(data.inputs).to(training.device, torch.float32)
        self.flat = torch.tensor(weights, device=training.device, requires_grad=True)
        self.optimizer = torch.optim.AdamW(
            [self.flat], lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
        )
        self.epoch = 0

    @property
    def weights(self) -> Weights:
        """A copy of the current weights, `(S, P)`."""
        return self.flat.detach().cpu().numpy().copy()

    def advance(self, epochs: int) -> tuple[Losses, Losses]:
        """Train; return the loss before the update and the gradient norm of each epoch, `(epochs, S)` each."""
        with single_torch_thread(), torch.enable_grad():
            rates = self.training.learning_rates(self.epoch, epochs)
            losses, norms = zip(*(self.step(float(rate)) for rate in rates), strict=True)
        return torch.stack(losses).double().cpu().numpy(), torch.stack(norms).double().cpu().numpy()

    def epoch_inputs(self) -> Tensor:
        """Return the inputs of the next epoch."""
        if not self.training.input_noise:
            return self.inputs
        return torch.from_numpy(add_noise(self.config, self.inputs.cpu().numpy(), self.epoch)).to(self.inputs.device)

    def step(self, rate: float) -> tuple[Tensor, Tensor]:
        """One update of all replicas; the gradient of the sum of their losses is that of each one."""
        inputs, model = self.epoch_inputs(), self.config.model
        state = model.zero_state(len(self.flat), inputs.shape[1], like=inputs)
        outputs, _ = model.forward(unflatten(self.flat, self.shapes), inputs, state)
        losses = normalized_loss(outputs, self.data)
        (gradient,) = torch.autograd.grad(losses.sum(), self.flat)
        norms = gradient.norm(dim=1)
        alive = losses.isfinite() & norms.isfinite()
        clipped = gradient * (self.training.clip_norm / (norms + 1e-6)).clamp(max=1.0)[:, None]
        self.flat.grad = clipped.where(alive[:, None], torch.nan)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()
        self.epoch += 1
        return losses.detach(), norms
