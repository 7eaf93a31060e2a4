"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from experiments.cli.terminal_text import printable
from experiments.workflows.progress import NullProgress, ProgressReporter
from linrnn.training.history import OBJECTIVE

PLAIN_LINES = 10  # lines in place of a bar where there is no terminal


class ProgressDisplay(ProgressReporter):
    """Counts work and keeps what a display shows: the present part and the best loss of each of its model types."""

    def __init__(self, total: int, unit: str, verbose: bool = False) -> None:
        self.total, self.unit, self.verbose, self.count, self.name = total, unit, verbose, 0, "starting"
        self.skipped, self.delay = 0, ""
        self.best: dict[str, dict[str, float]] = {}  # by part, then by model type
        self.started = time.monotonic()

    def start(self, name: str) -> None:
        self.name = name

    def advance(self, model: str = "", loss: float = math.inf, name: str = "", details: str = "") -> None:
        if self.verbose and details:
            self.print(details)
        self.name, self.count, self.delay = name or self.name, self.count + 1, ""
        best = self.best.setdefault(self.name, {})
        best[model] = min(loss, best.get(model, math.inf))
        self.show()

    def skip(self, count: int, name: str = "") -> None:
        if count:
            self.count, self.skipped = self.count + count, self.skipped + count
            self.message(f"{name or self.name}: {count} {self.unit} were recorded before")

    def message(self, text: str) -> None:
        self.delay = text
        self.show()

    @property
    def state(self) -> str:
        """The present part with its best losses, or why the work is delayed."""
        losses = sorted(self.best.get(self.name, {}).items())
        best = ", ".join(f"{model} {loss:.3g}" for model, loss in losses if math.isfinite(loss))
        return self.delay or (f"{self.name}: best val loss ({OBJECTIVE}) {best}" if best else self.name)

    @abstractmethod
    def show(self) -> None:
        """Show the present state."""

    def print(self, line: str) -> None:
        """Print a line that stays, beside the state."""


class TextProgress(ProgressDisplay):
    """About ten lines over the whole work."""

    def __init__(self, console: Console, total: int, unit: str, verbose: bool = False) -> None:
        super().__init__(total, unit, verbose)
        self.console, self.last_tenth = console, -1

    def start(self, name: str) -> None:
        super().start(name)
        if self.count == 0:
            self.print(f"0 of {self.total} {self.unit}; {self.state}")

    def show(self) -> None:
        tenth, new = self.count * PLAIN_LINES // self.total, self.count - self.skipped
        if new == 1:
            self.started = time.monotonic()  # the time before is that of starting
        if tenth == self.last_tenth and new > 1 and not self.delay:
            return
        self.last_tenth = tenth
        seconds = (time.monotonic() - self.started) / max(new - 1, 1) * (self.total - self.count)
        remaining = f", about {seconds:.0f} s left" if new > 1 else ""
        self.print(f"{self.count} of {self.total} {self.unit}{remaining}; {self.state}")

    def print(self, line: str) -> None:
        """Print a line without colors and line breaks."""
        self.console.print(printable(line), highlight=False, markup=False, soft_wrap=True)


class BarProgress(ProgressDisplay):
    """A progress bar."""

    def __init__(self, console: Console, total: int, unit: str, verbose: bool = False) -> None:
        super().__init__(total, unit, verbose)
        columns = (BarColumn(24), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn(), TextColumn("left"))
        self.progress = Progress(*columns, TextColumn("{task.description}", markup=False), console=console)
        self.bar = self.progress.add_task(self.name, total=total)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def show(self) -> None:
        self.progress.update(self.bar, completed=self.count, description=printable(self.state))

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self.progress.console.print(printable(line), highlight=False, markup=False, soft_wrap=True)


def progress_reporter(total: int, quiet: bool = False, unit: str = "trials", verbose: bool = False) -> ProgressReporter:
    """Return a reporter for `total` units of work: a bar on a terminal, lines elsewhere, nothing if quiet.

    If verbose, there is a line on each unit as well.
    """
    console = Console(stderr=True)
    if quiet:
        return NullProgress()
    display = BarProgress if console.is_terminal else TextProgress
    return display(console, total, unit, verbose)
