"""The recurrent network of rectified linear units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman
from linrnn.models.model import NonlinearityPlace


@dataclass(frozen=True)
class Relu(Elman):
    """h_t = max(W h_{t-1} + U x_t + b, 0), y_t = C h_t + c.

    With init = identity as Le, Jaitly & Hinton 2015 have it.
    """

    name: ClassVar[str] = "relu"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.RECURRENCE
    activation: ClassVar[str] = "relu"
