"""Windows of long sequences, which are trained side by side."""

from __future__ import annotations

import numpy as np

from linrnn.data.sequences import Array, Sequences


def cut_windows(sequences: Sequences, steps: int) -> Sequences:
    """Cut sequences into windows, each with the washout of its own before the steps that count.

    Parameters
    ----------
    sequences : Sequences
        Sequences of T steps, of which the first `first` do not count.
    steps : int
        Steps of a window that count; 0 for none.

    Returns
    -------
    Sequences
        Windows of `first + steps` steps, one after another. Each target that counts is in one of them, but for fewer
        than `steps` of the first, which fill no window. The sequences themselves where they are no longer than that.
    """
    length, window = len(sequences.inputs), sequences.first + steps
    if not steps or window >= length:
        return sequences
    starts = range(length - window, -1, -steps)[::-1]

    def cut(values: Array) -> Array:
        return np.concatenate([values[start : start + window] for start in starts], axis=1)

    offset = None if sequences.offset is None else cut(sequences.offset)
    return sequences._replace(inputs=cut(sequences.inputs), targets=cut(sequences.targets), offset=offset)
