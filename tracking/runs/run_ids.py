"""Ids of a local store's runs, read without MLflow, which takes seconds to load: for a shell that waits for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

MOST = 100
QUERY = """
select runs.run_uuid, runs.name from runs join experiments using (experiment_id)
where runs.lifecycle_stage = 'active' and runs.run_uuid glob ? and (experiments.name = 'sweeps') = ?
order by runs.start_time desc limit ?
"""


def run_ids(folder: str, prefix: str, sweeps: bool = False) -> list[tuple[str, str]]:
    """Ids that begin so, of trials or of sweeps, the newest first, with their runs' names; none where none is there."""
    path = Path(folder).resolve() / "mlflow.db"
    if not path.exists() or not set(prefix) <= set("0123456789abcdef"):
        return []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(QUERY, (f"{prefix}*", sweeps, MOST)).fetchall()
    except sqlite3.Error:
        return []
