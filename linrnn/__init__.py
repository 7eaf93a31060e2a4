"""The science: tasks, model types, training, evaluation. Tensors in, tensors out; imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from linrnn.models.network import LinearRNN as LinearRNN
    from linrnn.models.network import TanhRNN as TanhRNN
    from linrnn.training.loop import train as train
    from linrnn.training.trial_config import TrialConfig as TrialConfig

__all__ = ["LinearRNN", "TanhRNN", "TrialConfig", "train"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "LinearRNN": "linrnn.models.network:LinearRNN",
        "TanhRNN": "linrnn.models.network:TanhRNN",
        "TrialConfig": "linrnn.training.trial_config:TrialConfig",
        "train": "linrnn.training.loop:train",
    },
)
