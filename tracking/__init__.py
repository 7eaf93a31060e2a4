"""Facts written and read: the store, recording a trial, provenance, reading a run back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from linrnn.table import Table

if TYPE_CHECKING:
    from tracking.reading import load as load
    from tracking.reading import read_config as read_config
    from tracking.store import open_store as open_store

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before mlflow is imported anywhere

_PUBLIC: Table[Any] = Table(
    "name",
    {
        "load": "tracking.reading:load",
        "open_store": "tracking.store:open_store",
        "read_config": "tracking.reading:read_config",
    },
)

__all__ = ["load", "open_store", "read_config"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return _PUBLIC[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
