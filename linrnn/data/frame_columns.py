"""Columns of arrays and pandas objects as text: floats through repr, dates in ISO 8601."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linrnn.errors import DataError

Column = tuple[str, list[str]]  # name and cells


def date_index(values: Any) -> Any:
    """Return the index of a pandas object where it holds dates, without time zone; else None."""
    index: Any = getattr(values, "index", None)
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    if index is None or getattr(getattr(index, "dtype", None), "kind", "") != "M":
        return None
    return index if getattr(index, "tz", None) is None else index.tz_convert(None)


def to_cells(values: Any) -> list[str]:
    """Return the text of each value."""
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind == "c":
        raise DataError(f"the values are of type {array.dtype}: make them real numbers")
    if array.dtype.kind == "b":
        array = array.astype(int)
    if array.dtype.kind == "M":
        coarse = (unit for unit in ("datetime64[D]", "datetime64[s]") if (array == array.astype(unit)).all())
        return [str(each) for each in array.astype(next(coarse, "datetime64[us]"))]
    if array.dtype.kind == "f":
        return [repr(float(value)) for value in array]
    return [value.isoformat() if isinstance(value, (date, datetime)) else str(value) for value in array.tolist()]
