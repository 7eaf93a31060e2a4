"""Facts written and read: the store, recording a trial, provenance, reading a run back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from linrnn.table import lazy_attributes

if TYPE_CHECKING:
    from tracking.reading import load as load
    from tracking.reading import read_config as read_config
    from tracking.store import open_store as open_store

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before mlflow is imported anywhere

__all__ = ["load", "open_store", "read_config"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "load": "tracking.reading:load",
        "open_store": "tracking.store:open_store",
        "read_config": "tracking.reading:read_config",
    },
)
