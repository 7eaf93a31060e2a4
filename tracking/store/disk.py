"""Files that are on disk when a run says that it is finished."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def write_durably(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, given by name and content, into a folder, and wait until they and their names are on disk."""
    folders = {folder}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        folders |= {path.parent, *(parent for parent in path.parents if folder in parent.parents)}
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for made in (*folders, folder.parent, folder.parent.parent):  # the run's own folder is new, too
        sync_folder(made)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
