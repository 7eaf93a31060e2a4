"""Replicas side by side: the programs of one replica, run for as many as an element of their matrices has lanes.

Each lane is computed with the operations of one replica alone in the same order, so that its bits are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from linrnn.kernels.codes import CellKind, Operation
from linrnn.kernels.compilation import Array
from linrnn.kernels.program import CELLS, OPERANDS
from linrnn.kernels.sizes import Sizes

LANES = 16, 8, 4, 2
MOST_BYTES = 2**8, 2**11, 2**12, 2**13  # of the recurrent weights of a replica; measured
MOST_STATES = 2**24  # of a layer in all lanes: memory is bounded where sequences are long
FEWEST = 9, 5, 3, 2  # replicas for which so many lanes pay; measured
GATES = {CellKind.LSTM: 4, CellKind.GRU: 3}
LINES = (Operation.COPY, *CELLS, Operation.PARAMETERS, Operation.PARAMETERS_BACKWARD)  # lines of numbers
PLACES = ("lhs_term", *(f"{name}{suffix}" for name in OPERANDS for suffix in ("", "_step", "_move")))


def interleave(instructions: Array, lanes: int) -> Array:
    """The program with `lanes` numbers for each element.

    Copies and cells take the lanes of a row as so many more columns; products, transposes and losses know of lanes.
    """
    rows = instructions.copy()
    for field in PLACES:
        rows[field] *= lanes
    for fields, operations in (("columns", LINES), ("units", CELLS)):
        rows[fields][np.isin(rows["operation"], operations)] *= lanes
    rows["lanes"] = lanes
    return rows


def lane_groups(replicas: int, sizes: Sizes, rows: int, dtype: Any) -> Iterator[tuple[int, int, int]]:
    """Replicas from one to another, and the lanes of each group of them, for rows of data; no bit depends on it."""
    groups, begin = lane_choices(sizes, rows, dtype), 0
    while begin < replicas:
        rest = replicas - begin
        lanes = next((lanes for lanes, fewest in groups if rest >= fewest), 1)
        whole = max(rest // lanes * lanes, min(rest, lanes))
        yield begin, begin + whole, lanes
        begin += whole


def lane_choices(sizes: Sizes, rows: int, dtype: Any) -> list[tuple[int, int]]:
    """Lanes that pay, and the replicas from which on they do.

    The recurrent weights of all lanes are read at each step, from the first-level cache.
    """
    cell, hidden = sizes.architecture.cell, sizes.hidden
    weights = 2 * hidden if cell == CellKind.LRU else GATES.get(cell, 1) * hidden**2
    weights *= np.dtype(dtype).itemsize
    states = rows * sizes.width
    pays = zip(LANES, FEWEST, MOST_BYTES, strict=True)
    return [(lanes, few) for lanes, few, most in pays if weights <= most and lanes * states <= MOST_STATES]
