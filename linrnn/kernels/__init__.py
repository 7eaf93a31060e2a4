"""Compiled kernels of recurrent networks, the order of every sum fixed by the code.

Rows are time-major: row ``t * B + b`` is step ``t`` of sequence ``b``. The computation of a replica is a program of
matrix operations, built in Python for its sizes and run by compiled code. The kernels are compiled once, cached on
disk, and loaded at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes
from linrnn.kernels.codes import CellKind, LossKind, parse_code

if TYPE_CHECKING:
    from linrnn.kernels.interface import Objective as Objective
    from linrnn.kernels.interface import evaluate as evaluate
    from linrnn.kernels.interface import train_steps as train_steps
    from linrnn.kernels.recurrence_plan import recurrence_backward as recurrence_backward
    from linrnn.kernels.recurrence_plan import recurrence_forward as recurrence_forward
    from linrnn.kernels.sizes import Architecture as Architecture

__all__ = [
    "Architecture",
    "CellKind",
    "LossKind",
    "Objective",
    "evaluate",
    "parse_code",
    "recurrence_backward",
    "recurrence_forward",
    "train_steps",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Architecture": "linrnn.kernels.sizes:Architecture",
        "Objective": "linrnn.kernels.interface:Objective",
        "evaluate": "linrnn.kernels.interface:evaluate",
        "recurrence_backward": "linrnn.kernels.recurrence_plan:recurrence_backward",
        "recurrence_forward": "linrnn.kernels.recurrence_plan:recurrence_forward",
        "train_steps": "linrnn.kernels.interface:train_steps",
    },
)
