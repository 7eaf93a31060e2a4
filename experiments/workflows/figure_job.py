"""Figures of a sweep on their way through the workers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, NamedTuple

from experiments.report.figures.picture_files import PictureFiles

Drawing = list[PictureFiles] | bytes


class FigureJob(NamedTuple):
    """Some figures of a sweep to draw.

    Parameters
    ----------
    part : str
        What the figures are of.
    draw : callable
        A function of a module, so that it can be pickled.
    arguments : tuple
        Its arguments.
    """

    part: str
    draw: Callable[..., Drawing]
    arguments: tuple[Any, ...]

    def submit(self, executor: Executor) -> Future[Drawing]:
        """Start it on a worker."""
        return executor.submit(self.draw, *self.arguments)

    def result(self, future: Future[Drawing]) -> Drawing:
        """Return what a finished future of it holds; where the worker died, draw it in this process."""
        try:
            return future.result()
        except Exception:
            return self.draw(*self.arguments)
