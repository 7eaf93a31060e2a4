"""How much carbon dioxide the air of Mauna Loa gains next month (Keeling & Whorf 2004)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.data.sequences import Array
from linrnn.tasks.builtin_series import BuiltInSeries


@dataclass(frozen=True)
class Co2(BuiltInSeries):
    """First differences of the monthly mean CO2 at Mauna Loa, May 1964 to December 2001 (451 values); target: the next.

    Example (before standardizing): 322, 321.75 and 320.3 ppm in three months -> input -0.25, target -1.45.
    """

    name: ClassVar[str] = "co2"
    file_name: ClassVar[str] = "co2.csv"
    defaults: ClassVar[Mapping[str, str]] = {  # the best of rolling splits of the months before the test split
        "training.input_noise": "0.2",
        "model.spectral_radius": "0.95",
    }

    @property
    def series(self) -> Array:
        return np.diff(self.values)
