"""Compiled kernels of recurrent networks, one replica at a time, the order of every sum fixed by the code.

Rows are time-major: row ``t * B + b`` is step ``t`` of sequence ``b``. What a replica computes is a program of
matrix operations, made in Python for its sizes; the compiled code runs it. Loaded (the first time of all:
compiled) when one is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from linrnn.kernels.interface import evaluate as evaluate
    from linrnn.kernels.interface import train_steps as train_steps
    from linrnn.kernels.recurrence_plan import recurrence_backward as recurrence_backward
    from linrnn.kernels.recurrence_plan import recurrence_forward as recurrence_forward

LINEAR, TANH = 0, 1
ACTIVATION_CODES = {"linear": LINEAR, "tanh": TANH}

__all__ = ["ACTIVATION_CODES", "LINEAR", "TANH", "evaluate", "recurrence_backward", "recurrence_forward", "train_steps"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "evaluate": "linrnn.kernels.interface:evaluate",
        "recurrence_backward": "linrnn.kernels.recurrence_plan:recurrence_backward",
        "recurrence_forward": "linrnn.kernels.recurrence_plan:recurrence_forward",
        "train_steps": "linrnn.kernels.interface:train_steps",
    },
)
