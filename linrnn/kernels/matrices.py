"""Matrices in one array, and their places.

An element is one number, or one number of each of the replicas that are computed side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.kernels.compilation import Array
from linrnn.kernels.products import PADDING


class Matrix(NamedTuple):
    """Element k of row m is ``a[start + m * step + k]``; with step 0 all rows are the first one.

    In the body of a loop, the start moves by `move` elements from one time to the next.
    """

    start: int
    rows: int
    columns: int
    step: int
    move: int = 0

    def part(self, first: int, rows: int) -> Matrix:
        """`rows` rows from row `first` on."""
        return self._replace(start=self.start + first * self.step, rows=rows)

    def section(self, first: int, columns: int) -> Matrix:
        """`columns` columns from column `first` on."""
        return self._replace(start=self.start + first, columns=columns)

    def moving(self, first: int, rows: int, direction: int = 1) -> Matrix:
        """`rows` rows from row `first` on, at each later time the next ones, or with direction -1 the previous ones."""
        return self.part(first, rows)._replace(move=direction * rows * self.step)

    @property
    def flat(self) -> Matrix:
        """All elements as one row, the padding too."""
        return self._replace(rows=1, columns=self.rows * self.step)

    def view(self, a: Array) -> Array:
        """View of the matrix in a, (size,) or (size, lanes), without its padding."""
        part = a[self.start : self.start + self.rows * self.step]
        return part.reshape(self.rows, self.step, *a.shape[1:])[:, : self.columns]

    def put(self, a: Array, values: Array) -> None:
        """Copy values into the matrix, the same to all lanes; TypeError if their dtype is not that of a."""
        np.copyto(self.view(a), values.reshape(self.rows, self.columns, *[1] * (a.ndim - 1)), casting="no")


class Layout:
    """Places of matrices in an array of `size` elements of so many lanes."""

    def __init__(self, lanes: int = 1) -> None:
        self.size, self.lanes = 0, lanes

    def place_tiles(self, rows: int, columns: int) -> Matrix:
        """Place a matrix whose rows are padded to whole tiles."""
        return self.place(rows, columns, self.pad(columns))

    def place_rows(self, rows: int, columns: int) -> Matrix:
        """Place a matrix without padding."""
        return self.place(rows, columns, columns)

    def place(self, rows: int, columns: int, step: int) -> Matrix:
        """Place a matrix at a multiple of PADDING numbers."""
        start = self.size
        self.size += self.pad(rows * step)
        return Matrix(start, rows, columns, step)

    def pad(self, count: int) -> int:
        """The smallest number of elements that is not less and a multiple of PADDING numbers."""
        multiple = max(PADDING // self.lanes, 1)
        return -(-count // multiple) * multiple
