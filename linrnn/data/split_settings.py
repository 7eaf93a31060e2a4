"""How the sequences of the splits are cut out of a series, and how many targets that leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from linrnn.errors import ConfigError

LEAST_TARGETS = 2  # targets of a split, so that they can vary
LEAST_CYCLES = 2  # of a given period in each sequence of the training part, so that seasons can be compared


class SplitSettings(NamedTuple):
    """How sequences are cut out of a series.

    The targets of step t are the values at t + horizon, ..., t + horizon + steps - 1; less the value at t where they
    are `relative`, and then the first input is the change since step t - 1. The `washout` first steps of a sequence do
    not count; the sequences of val and test begin with the series, and theirs lie before the split. `ends` are the rows
    behind each split in turn; empty for 60/20/20. `period` is that of the sequences: see Sequences.
    """

    horizon: int
    steps: int = 1
    washout: int = 0
    relative: bool = False
    ends: tuple[int, ...] = ()
    period: int = 0

    @property
    def reach(self) -> int:
        """Rows from a step to the last of its targets."""
        return self.horizon + self.steps - 1


def parse_ends(text: str, has_test: bool = True) -> tuple[int, ...]:
    """Return the rows behind each split that a setting names. ConfigError for anything but ascending whole numbers."""
    texts = [each.strip() for each in text.split(",")] if text else []
    if not all(re.fullmatch("[0-9]{1,15}", each) for each in texts) or len(texts) not in (0, 3 if has_test else 2):
        rows = "3 rows, as 8640,11520,14400" if has_test else "2 rows beside task.test_file, as 8000,10000"
        raise ConfigError(f"task.split must be {rows}, not {text!r}")
    ends = tuple(int(each) for each in texts)
    if list(ends) != sorted({*ends} - {0}):
        raise ConfigError(f"task.split must be rows in ascending order, from 1 on, not {text!r}")
    return ends


def split_ends(length: int, has_test: bool = True) -> tuple[int, ...]:
    """Return the rows behind the training, val and test part: 60/20/20 of the rows, or without a test part 75/25."""
    return (round(0.6 * length), round(0.8 * length), length) if has_test else (round(0.75 * length), length)


def count_targets(settings: SplitSettings, ends: Sequence[int]) -> list[int]:
    """Return the number of targets that count in each split; at most 0 where there are none."""
    starts = (settings.horizon, *ends)
    firsts = (max(start - settings.horizon, settings.washout) for start in starts)
    return [end - settings.reach - first for end, first in zip(ends, firsts, strict=False)]


def has_enough_rows(length: int, settings: SplitSettings, has_test: bool = True) -> bool:
    """Return whether so many rows, split by default, leave targets to each split."""
    return min(count_targets(settings, split_ends(length, has_test))) >= LEAST_TARGETS


def describe_reach(settings: SplitSettings) -> str:
    """Return the settings that cost a split targets, as a message names them."""
    steps = {"steps": settings.steps} if settings.steps > 1 else {}
    washout = {"washout": settings.washout} if settings.washout else {}
    return ", ".join(
        f"task.{name}={value}" for name, value in ({"horizon": settings.horizon} | steps | washout).items()
    )


def minimum_rows(length: int, settings: SplitSettings, has_test: bool = True) -> int:
    """Return the smallest number of rows, from `length` on, that leaves targets to each split."""
    return next(
        n for n in count(max(length, settings.reach, settings.washout)) if has_enough_rows(n, settings, has_test)
    )
