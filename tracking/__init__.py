"""Facts written and read: the store, recording a trial, provenance, reading a run back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from tracking.runs.reader import load as load
    from tracking.runs.reader import read_config as read_config
    from tracking.store.access import open_store as open_store

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before mlflow is imported anywhere

__all__ = ["load", "open_store", "read_config"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "load": "tracking.runs.reader:load",
        "open_store": "tracking.store.access:open_store",
        "read_config": "tracking.runs.reader:read_config",
    },
)
