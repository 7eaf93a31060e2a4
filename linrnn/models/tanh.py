"""The tanh recurrent network (Elman 1990)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman
from linrnn.models.model import NonlinearityPlace


@dataclass(frozen=True)
class Tanh(Elman):
    """h_t = tanh(W h_{t-1} + U x_t + b), y_t = C h_t + c."""

    name: ClassVar[str] = "tanh"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.RECURRENCE
    activation: ClassVar[str] = "tanh"
