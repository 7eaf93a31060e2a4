"""The recurrent network without its activation: a linear time-invariant system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.models.elman import Elman
from linrnn.models.model import NonlinearityPlace


@dataclass(frozen=True)
class Linear(Elman):
    """h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c.

    As a state-space system s_{t+1} = A s_t + B x_t, y_t = C' s_t + D x_t with s_t = h_{t-1} (Kailath 1980):
    (A, B, C', D) = (W, U, C W, C U), the bias b as one more constant input.
    """

    name: ClassVar[str] = "linear"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.NONE
    activation: ClassVar[str] = "linear"
