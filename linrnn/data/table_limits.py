"""Limits on the size of a table that is read, so that memory is bounded."""

from __future__ import annotations

from linrnn.errors import DataError

MOST_BYTES = 100_000_000  # of a file, and of what it is decompressed to
MOST_JSON_BYTES = 30_000_000  # each value of which takes some 60 bytes of memory
MOST_COLUMNS = 10_000
MOST_ARRAYS = 1000  # of an archive
MOST_CELLS = 10_000_000
LONGEST_CELL = 131_072  # characters
LONGEST_LINE = 1_000_000  # characters of the first line
LONGEST_TITLE = 400  # characters of a column's name


def require_bytes(size: int, name: str) -> None:
    """DataError for more bytes than are read."""
    if size > MOST_BYTES:
        raise DataError(
            f"{name} has {size / 1e6:,.0f} MB of data, and at most {MOST_BYTES / 1e6:,.0f} MB are read: leave out "
            "columns or rows"
        )


def require_arrays(count: int, name: str) -> None:
    """DataError for an archive of more arrays than are read."""
    if count > MOST_ARRAYS:
        raise DataError(f"{name} has {count:,} arrays, and at most {MOST_ARRAYS:,} are read: leave some out")


def require_size(columns: int, cells: int, name: str) -> None:
    """DataError for a table with more columns, or more cells, than are read."""
    if columns > MOST_COLUMNS:
        raise DataError(f"{name} has {columns:,} columns, and at most {MOST_COLUMNS:,} are read: leave some out")
    if cells > MOST_CELLS:
        raise DataError(
            f"{name} has {cells:,} cells or more, and at most {MOST_CELLS:,} are read: leave out columns or rows"
        )
