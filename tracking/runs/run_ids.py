"""Ids of a local store's runs, read without MLflow, which takes seconds to load: for completion in a shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tracking.schema import SWEEPS
from tracking.store.database_file import open_for_reading
from tracking.store.library_internals import RUN_IDS

MAX_IDS = 100


def run_ids(folder: str, prefix: str, is_sweep: bool = False) -> list[tuple[str, str]]:
    """Return id and name of the newest trials' or sweeps' runs whose id begins so; none where no store is there."""
    path = Path(folder).resolve() / "mlflow.db"
    if not path.is_file() or not set(prefix) <= set("0123456789abcdef"):
        return []
    try:
        with open_for_reading(path) as connection:
            return connection.execute(RUN_IDS, (f"{prefix}*", SWEEPS, is_sweep, MAX_IDS)).fetchall()
    except sqlite3.Error:
        return []
