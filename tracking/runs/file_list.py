"""The files of a run, by name and size."""

from __future__ import annotations

from collections.abc import Iterator

from tracking.run_views import LinrnnRun
from tracking.store.access import Store
from tracking.store.urls import file_path


def list_files(store: Store, run: LinrnnRun) -> dict[str, int]:
    """Return the sizes of a run's artifacts, bytes, by name; StoreError where the server cannot be asked.

    A local store has them in folders; where somebody changed that, it has none, and no server is asked.
    """
    folder = file_path(run.info.artifact_uri)
    with store.read_errors():
        if folder is None:
            return {} if store.is_local else dict(server_files(store, run.run_id, ""))
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(folder)): path.stat().st_size for path in paths}


def server_files(store: Store, run_id: str, folder: str) -> Iterator[tuple[str, int]]:
    """Yield name and size of the files in a folder of a run's artifacts on a server."""
    for each in store.client.list_artifacts(run_id, folder or None):
        if each.is_dir:
            yield from server_files(store, run_id, each.path)
        else:
            yield each.path, int(each.file_size or 0)
