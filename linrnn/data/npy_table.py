"""Tables in `.npy` files: an array `(time,)` or `(time, columns)`, or one with named fields."""

from __future__ import annotations

import io
import math

import numpy as np

from linrnn.data.frame_columns import to_cells
from linrnn.data.table_limits import require_size
from linrnn.data.text_table import TextTable, parse_header
from linrnn.errors import DataError


def read_npy(content: bytes, name: str) -> TextTable:
    """Return the table in an `.npy` file; nothing is unpickled. DataError where it holds none."""
    file = io.BytesIO(content)
    try:
        major, _ = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        if math.prod(shape) * dtype.itemsize > len(content):
            raise ValueError("it ends before its data do")
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # whatever numpy raises over bytes that anybody may have written
        why = "it holds objects" if "Object arrays" in str(error) else str(error).partition("\n")[0][:100]
        raise DataError(f"{name} cannot be read ({why}): save numbers with numpy.save") from None
    if array.dtype.names and array.ndim == 1:
        titles = list(array.dtype.names)
        header, columns = parse_header((0, titles), name), [array[title] for title in titles]
    elif array.ndim in (1, 2) and array.size:
        columns = [array] if array.ndim == 1 else list(array.T)
        header = tuple(str(k + 1) for k in range(len(columns)))
    else:
        raise DataError(f"{name} has the shape {array.shape}: make it (time,) or (time, columns)")
    require_size(len(columns), array.size * max(len(array.dtype.names or ()), 1), name)
    try:
        cells = [to_cells(column) for column in columns]
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    rows = [list(row) for row in zip(*cells, strict=True)]
    has_titles = bool(array.dtype.names)
    return TextTable(name, header, rows, list(range(1, len(rows) + 1)), commas=False, has_titles=has_titles)
