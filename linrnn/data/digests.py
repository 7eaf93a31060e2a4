"""SHA-256 digests of the data, weights and losses of a trial."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Sequences, Splits

SIZE = hashlib.sha256().digest_size
Digests = NDArray[np.uint8]


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 over the arrays' types, shapes and bytes."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype.str} {array.shape} ".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def content_digest(content: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def row_digests(rows: NDArray[Any]) -> Digests:
    """SHA-256 of the bytes of each row `(S, P)`, as `(S, 32)`."""
    whole = b"".join(hashlib.sha256(row).digest() for row in np.ascontiguousarray(rows))
    return np.frombuffer(whole, np.uint8).reshape(-1, SIZE)


def sequences_digest(sequences: Sequences) -> str:
    """Digest of one split: inputs, targets, the first step that counts, and the offset where there is one."""
    offset = () if sequences.offset is None else (sequences.offset,)
    return digest(sequences.inputs, sequences.targets, np.array(sequences.first), *offset)


def data_digests(splits: Splits) -> dict[str, str]:
    """`data.train`, `data.val` and `data.test` -> digest of that split."""
    return {f"data.{name}": sequences_digest(split) for name, split in splits._asdict().items()}
