"""Sequences in an `.npz` file: arrays `inputs` and `targets`, each `(time, features)` or `(time, batch, features)`."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from numpy.typing import NDArray

from linrnn.data.table_limits import require_arrays, require_bytes
from linrnn.errors import DataError

NAMES = ("inputs", "targets")


def read_archive(content: bytes, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both arrays, `(time, batch, features)`. DataError where they are missing; nothing is unpickled."""
    inputs, targets = (require_finite(load_array(content, name, each), name, each) for each in NAMES)
    if inputs.shape[:-1] != targets.shape[:-1]:
        raise DataError(
            f"{name}: inputs are {inputs.shape} and targets {targets.shape}: make them equal but for their features"
        )
    return (inputs, targets) if inputs.ndim == 3 else (inputs[:, None], targets[:, None])


def load_array(content: bytes, name: str, which: str) -> NDArray[np.generic]:
    """One of the arrays, as it is stored."""
    if not content:
        raise DataError(f"{name} is empty: save it with numpy.savez(file, inputs=..., targets=...)")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            require_arrays(len(archive.infolist()), name)
            require_bytes(sum(item.file_size for item in archive.infolist()), name)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if which not in arrays:
                raise KeyError(f"it has {', '.join(arrays.files[:5])}")
            return np.asarray(arrays[which])
    except DataError:
        raise
    except Exception as error:  # whatever numpy, zipfile and zlib raise over bytes that anybody may have written
        reason = str(error).strip("'\"").partition("\n")[0]
        why = "it holds objects" if "Object arrays" in reason else reason
        raise DataError(
            f"{name}, array {which!r} cannot be read ({why}): save numbers, numpy.savez(file, inputs=..., targets=...)"
        ) from None


def require_finite(array: NDArray[np.generic], name: str, which: str) -> NDArray[np.float64]:
    """Return the array as float64. DataError for another shape, other types, nan and infinity."""
    if array.ndim not in (2, 3) or not all(array.shape):
        raise DataError(f"{name}: {which} are {array.shape}: make them (time, features) or (time, batch, features)")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name}: {which} are of type {array.dtype}: make them real numbers")
    values = array.astype(np.float64)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise DataError(f"{name}, {which}{list(place)}: {values[place]} is no finite number: put one there")
    return values
