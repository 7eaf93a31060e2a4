"""The science: tasks, model types, training, evaluation. Tensors in, tensors out; imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linrnn.table import Table

if TYPE_CHECKING:
    from linrnn.config import TrialConfig as TrialConfig
    from linrnn.models.linear import LinearRNN as LinearRNN
    from linrnn.models.tanh import TanhRNN as TanhRNN
    from linrnn.training import train as train

_PUBLIC: Table[Any] = Table(
    "name",
    {
        "LinearRNN": "linrnn.models.linear:LinearRNN",
        "TanhRNN": "linrnn.models.tanh:TanhRNN",
        "TrialConfig": "linrnn.config:TrialConfig",
        "train": "linrnn.training:train",
    },
)

__all__ = ["LinearRNN", "TanhRNN", "TrialConfig", "train"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return _PUBLIC[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
