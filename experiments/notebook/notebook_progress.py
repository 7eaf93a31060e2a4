"""Progress in a notebook: one line with a bar, which is updated in place."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import Any

from experiments.cli.progress_bar import ProgressDisplay, progress_reporter
from experiments.workflows.progress import ProgressReporter


class NotebookProgress(ProgressDisplay):
    """A progress bar as HTML; needs IPython, which every notebook has, and no widgets."""

    def __init__(self, total: int, unit: str = "trials") -> None:
        super().__init__(total, unit)
        display = import_module("IPython.display")  # has no type hints
        self.html: Any = display.HTML
        self.handle: Any = display.display(self.html(self.bar), display_id=True)

    @property
    def bar(self) -> str:
        """The bar and the present state as HTML."""
        count = f"{self.count} of {self.total} {self.unit}"
        return f'<progress value="{self.count}" max="{self.total}"></progress> {count}; {escape(self.state)}'

    def start(self, name: str) -> None:
        super().start(name)
        self.show()

    def show(self) -> None:
        self.handle.update(self.html(self.bar))


def choose_progress(total: int, quiet: bool = False) -> ProgressReporter:
    """Return a bar in a notebook; a bar or lines on stderr elsewhere; nothing if quiet."""
    return NotebookProgress(total) if is_notebook() and not quiet else progress_reporter(total, quiet)


def is_notebook() -> bool:
    """Whether a Jupyter kernel runs this process."""
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:
        return False
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"
