"""The recurrent network of rectified linear units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman


@dataclass(frozen=True)
class Relu(Elman):
    """h_t = max(W h_{t-1} + U x_t + b, 0), y_t = C h_t + c (Le, Jaitly & Hinton 2015, with init = identity)."""

    name: ClassVar[str] = "relu"
    activation: ClassVar[str] = "relu"
