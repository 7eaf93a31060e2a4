"""Blocks of the rows of a regression: the matrix of a long series does not fit into memory at once.

    1,000,000 steps, 256 lags  ->  2 GB as one matrix; blocks of 32,000 rows

A regression that fits is one block, so that the bits of short series do not depend on blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Generic, TypeVar

import numpy as np

from linrnn.data.sequences import Array, Sequences

MOST_VALUES = 2**23  # of a matrix of regressors: 64 MiB
T = TypeVar("T")
Rows = tuple[Array, Array]  # regressors (N, columns) and targets (N, outputs)


@dataclass(frozen=True)
class LazyBlocks(Generic[T]):
    """Values of groups of sequences, built anew in each iteration."""

    groups: Sequence[Sequence[Sequences]]
    build: Callable[[Sequence[Sequences]], T]

    def __iter__(self) -> Iterator[T]:
        return map(self.build, self.groups)


def build_blocks(
    parts: Sequence[Sequences], width: int, lags: int, build: Callable[[Sequence[Sequences]], T], ahead: int = 0
) -> Iterable[T]:
    """Build the value of all parts at once, or of blocks of them.

    Parameters
    ----------
    parts : sequence of Sequences
        Sequences whose steps that count, but for the last `ahead`, have a row each.
    width : int
        Columns of all matrices of a row together.
    lags, ahead : int
        Steps before and after a row's own that it needs.
    build : callable
        Returns the value of some sequences, whose rows follow one another.

    Returns
    -------
    iterable
        The only value, or those of the blocks, which can be iterated over several times.
    """
    rows = sum((len(each.inputs) - each.first) * each.inputs.shape[1] for each in parts)
    if rows * width <= MOST_VALUES:
        return [build(parts)]
    return LazyBlocks([[block] for each in parts for block in split_steps(each, width, lags, ahead)], build)


def split_steps(sequences: Sequences, width: int, lags: int, ahead: int = 0) -> Iterator[Sequences]:
    """Yield consecutive steps of those that count, with the inputs that their lags reach; the last `ahead` are none."""
    count = max(MOST_VALUES // (width * sequences.inputs.shape[1]), 1)
    stop = len(sequences.inputs) - ahead
    for begin in range(sequences.first, stop, count):
        yield select_steps(sequences, begin, min(begin + count, stop) + ahead, lags)


def select_steps(sequences: Sequences, begin: int, end: int, lags: int) -> Sequences:
    """Return the steps from `begin` to `end`, with the inputs that their lags reach."""
    start = max(begin - lags, 0)
    steps, offset = slice(start, end), sequences.offset
    return sequences._replace(
        inputs=sequences.inputs[steps],
        targets=sequences.targets[steps],
        offset=None if offset is None else offset[steps],
        first=begin - start,
    )


def reduce_rows(blocks: Iterable[Rows]) -> Rows:
    """Return the triangular factor R of the regressors X = QR, and Q^T y: a regression of the same solution."""
    R, b = None, None
    for X, y in blocks:
        if R is not None and b is not None:
            X, y = np.concatenate([R, X]), np.concatenate([b, y])
        Q, R = np.linalg.qr(X)
        b = Q.T @ y
    if R is None or b is None:
        raise ValueError("a regression needs rows")
    return R, b


def sum_items(values: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return the sums of the items of tuples."""
    return reduce(lambda total, each: tuple(map(add, total, each)), values)
