"""Files and folders that a command writes, checked before it does anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class OutputPath(click.Path):
    """A file or folder to write; UnwritableError for one that cannot be written."""

    def __init__(self, is_folder: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=is_folder, file_okay=not is_folder)
        self.is_folder = is_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from tracking.store.disk import require_writable

        path: Any = super().convert(value, param, ctx)
        if not (ctx and ctx.resilient_parsing):
            require_writable(path, self.is_folder)
        return path


OUTPUT_FILE, OUTPUT_FOLDER = OutputPath(), OutputPath(is_folder=True)
