"""The almost linear recurrent network: a dial from linear to tanh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from linrnn import kernels
from linrnn.config.settings import Integers, setting
from linrnn.errors import ConfigError
from linrnn.models.elman import Elman
from linrnn.models.model import NonlinearityPlace


@dataclass(frozen=True)
class AlmostLinear(Elman):
    """h_t = f(W h_{t-1} + U x_t + b), f = tanh in P of H units, y_t = C h_t + c.

    The first P units pass through tanh, the others are linear. With P = 0 it is `linear`, with P = H `tanh`, bit for
    bit (Brenner & Koppe 2025, arXiv 2506.07919).
    """

    name: ClassVar[str] = "almost-linear"
    activation: ClassVar[str] = "tanh"
    place: ClassVar[NonlinearityPlace] = NonlinearityPlace.SOME_UNITS
    limits: ClassVar[Mapping[str, str]] = {"model.nonlinear_units": "model.hidden_size"}

    nonlinear_units: int = setting(1, Integers(0, 4096, search=(1, 64)), "units of each recurrence that are nonlinear")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nonlinear_units > self.hidden_size:
            most = f"at most model.hidden_size, {self.hidden_size}"
            raise ConfigError(f"model.nonlinear_units must be {most}, not {self.nonlinear_units}")

    @property
    def nonlinearity(self) -> NonlinearityPlace:
        if self.nonlinear_units == self.hidden_size:
            return NonlinearityPlace.RECURRENCE
        return self.place if self.nonlinear_units else NonlinearityPlace.NONE

    @property
    def nonlinear_part(self) -> str:
        return f"{self.nonlinear_units} of {self.hidden_size} units"

    @property
    def units(self) -> int | None:
        return self.nonlinear_units

    @property
    def architecture(self) -> kernels.Architecture | None:
        tanh = super().architecture
        if tanh is None or self.nonlinear_units == self.hidden_size:
            return tanh
        cell = kernels.CellKind.PARTIAL_TANH if self.nonlinear_units else kernels.CellKind.LINEAR
        return tanh._replace(cell=cell, units=self.nonlinear_units)
