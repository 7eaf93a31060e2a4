"""The science: tasks, model types, training, evaluation. Tensors in, tensors out; imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.table import lazy_attributes

if TYPE_CHECKING:
    from linrnn.config import TrialConfig as TrialConfig
    from linrnn.network import LinearRNN as LinearRNN
    from linrnn.network import TanhRNN as TanhRNN
    from linrnn.training import train as train

__all__ = ["LinearRNN", "TanhRNN", "TrialConfig", "train"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "LinearRNN": "linrnn.network:LinearRNN",
        "TanhRNN": "linrnn.network:TanhRNN",
        "TrialConfig": "linrnn.config:TrialConfig",
        "train": "linrnn.training:train",
    },
)
