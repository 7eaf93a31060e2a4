"""Segments of a series between missing values, and windows of equal length in them.

rows     0 1 2 . 4 5 6 7 8 9         "." is missing
windows  [0 3) [4 7) [7 10)          of 3 rows: with a horizon of 1, 2 targets in each
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.split_settings import SplitSettings

ENOUGH = 0.9  # of the largest number of targets: longer windows with fewer are preferred, as they hold more of the past


class Segment(NamedTuple):
    """Rows `start` to `stop` of a sequence of the series."""

    sequence: int
    start: int
    stop: int


class Windows(NamedTuple):
    """Segments of equal length, and the first row of each that is a target."""

    segments: list[Segment]
    first_target: int

    def target_count(self, settings: SplitSettings) -> int:
        """Number of steps in all of them whose targets count; at most 0 where there are none."""
        lost = settings.reach + max(self.first_target - settings.horizon, settings.washout)
        return sum(each.stop - each.start - lost for each in self.segments)


def find_segments(complete: NDArray[np.bool_]) -> list[Segment]:
    """Return the longest segments without a missing value; `complete` is `(time, batch)`."""
    segments = []
    for k, rows in enumerate(complete.T):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(int)))
        segments += [Segment(k, int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
    return segments


def choose_windows(segments: list[Segment], begin: int, end: int, settings: SplitSettings) -> Windows:
    """Return the windows of the part of rows `begin` to `end`.

    Where the part lies in one segment, its only window begins with the segment, so that a network reads the past. Else
    the windows lie in the part, of the longest length that leaves enough of the targets that could be left; the last
    rows of each segment that is no shorter are in one.
    """
    inside = [each for each in segments if each.start < end and each.stop > begin]
    if len(inside) == 1:
        [(sequence, start, stop)] = inside
        return Windows([Segment(sequence, start, min(stop, end))], max(begin - start, settings.horizon))
    cut = [Segment(each.sequence, max(each.start, begin), min(each.stop, end)) for each in inside]
    lengths = np.array([each.stop - each.start for each in cut])
    lost = settings.reach + settings.washout
    candidates = np.arange(lost + 1, max(lengths, default=0) + 1)
    if not len(candidates):
        return Windows([], settings.horizon)
    counts = np.array([int((lengths // length).sum() * (length - lost)) for length in candidates])
    best = int(candidates[counts >= ENOUGH * counts.max()][-1])
    return Windows(
        [
            Segment(each.sequence, stop - best, stop)
            for each in cut
            for stop in range(each.stop - (each.stop - each.start) // best * best + best, each.stop + 1, best)
        ],
        settings.horizon,
    )


def stack_segments(values: NDArray[np.float64], segments: list[Segment]) -> NDArray[np.float64]:
    """Return the rows of each segment of values `(time, batch, features)`, as `(rows, segments, features)`."""
    return np.stack([values[each.start : each.stop, each.sequence] for each in segments], axis=1)
