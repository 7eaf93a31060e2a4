"""The identity of a sweep: a digest of what it computes, and in which studies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

LATER_DEFAULTS = {("task.sheet", ""), ("task.period", "0")}  # settings that older sweeps lack, and what they stand for
FILE_DIGEST = "task.sha256"  # which the names of studies have under another name


def sweep_identity(text: Mapping[str, str], names: Sequence[str]) -> str:
    """Return a digest of a sweep's flat text and studies: equal for two sweeps if and only if they compute the same."""
    return sha256(json.dumps([drop_digest(text), list(names)], sort_keys=True).encode()).hexdigest()[:16]


def drop_digest(text: Mapping[str, str]) -> dict[str, str]:
    """Return a flat text without the digest of the file, and without later settings that have their defaults."""
    return {name: value for name, value in text.items() if name != FILE_DIGEST and (name, value) not in LATER_DEFAULTS}
