"""What a person sees: progress on stderr, tables on stdout; plain lines where there is no terminal."""

from __future__ import annotations

import math
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from experiments.workflows.progress import NOBODY, ProgressReporter

PLAIN_LINES = 10  # lines that stand for a progress bar where there is no terminal


class ProgressDisplay(ProgressReporter):
    """Says how far it is: trials done, the best val loss of each model type so far, and the time left."""

    def __init__(self, total: int, unit: str) -> None:
        self.total, self.unit, self.count, self.what = total, unit, 0, "starting"
        self.skipped, self.noted = 0, ""
        self.best: dict[str, float] = {}
        self.started = time.monotonic()

    def begin(self, what: str) -> None:
        self.what, self.best = what, {}

    def done(self, model: str = "", loss: float = math.inf) -> None:
        self.count, self.noted = self.count + 1, ""
        self.best[model] = min(loss, self.best.get(model, math.inf))
        self.say()

    def skip(self, count: int) -> None:
        if count:
            self.count, self.skipped = self.count + count, self.skipped + count
            self.note(f"{self.what}: {count} trials were recorded before")

    def note(self, words: str) -> None:
        self.noted = words
        self.say()

    def state(self) -> str:
        """The task and the best losses so far."""
        if self.noted:
            return self.noted
        best = ", ".join(f"{model} {loss:.3g}" for model, loss in sorted(self.best.items()) if math.isfinite(loss))
        return f"{self.what}: best val loss {best}" if best else self.what

    def say(self) -> None:
        """Show the present state."""


class TextProgress(ProgressDisplay):
    """About ten lines over the whole work."""

    def __init__(self, console: Console, total: int, unit: str) -> None:
        super().__init__(total, unit)
        self.console, self.said = console, -1

    def begin(self, what: str) -> None:
        super().begin(what)
        if self.count == 0:
            self.print(f"0 of {self.total} {self.unit}; {self.state()}")

    def say(self) -> None:
        tenth, new = self.count * PLAIN_LINES // self.total, self.count - self.skipped
        if new == 1:
            self.started = time.monotonic()  # what came before was starting
        if tenth == self.said and new > 1 and not self.noted:
            return
        self.said = tenth
        left = (time.monotonic() - self.started) / max(new - 1, 1) * (self.total - self.count)
        about = f", about {left:.0f} s left" if new > 1 else ""
        self.print(f"{self.count} of {self.total} {self.unit}{about}; {self.state()}")

    def print(self, line: str) -> None:
        """A line as it is, neither coloured nor broken."""
        self.console.print(line, highlight=False, soft_wrap=True)


class BarProgress(ProgressDisplay):
    """A progress bar."""

    def __init__(self, console: Console, total: int, unit: str) -> None:
        super().__init__(total, unit)
        how_far = (BarColumn(24), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn(), TextColumn("left"))
        self.progress = Progress(*how_far, TextColumn("{task.description}"), console=console)
        self.bar = self.progress.add_task(self.what, total=total)

    def __enter__(self) -> BarProgress:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def say(self) -> None:
        self.progress.update(self.bar, completed=self.count, description=self.state())


def progress_reporter(total: int, quiet: bool = False, unit: str = "trials") -> ProgressReporter:
    """What tells of `total` pieces of work on stderr: a bar on a terminal, lines elsewhere, nothing if quiet."""
    console = Console(stderr=True)
    if quiet:
        return NOBODY
    return BarProgress(console, total, unit) if console.is_terminal else TextProgress(console, total, unit)
