"""Objects in the JSON files of a record, checked before anything is done with them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_CHARACTERS = 40  # of a value in a message


class ExportFacts(NamedTuple):
    """The content of `run.json`."""

    run_id: str
    name: str
    start: float
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def parse_facts(content: bytes) -> ExportFacts:
    """Return the content of `run.json`; raise ValueError where it is not what `export_facts` writes."""
    facts = parse_object(content)
    kinds: dict[str, type | tuple[type, ...]] = {"run_id": str, "name": str, "started": (int, float)}
    kinds |= {"metrics": dict, "tags": dict}
    for name, kind in kinds.items():
        value = facts.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or value in (math.inf, -math.inf):
            raise ValueError(f"its {name} is {describe(value)}")
        if isinstance(value, str) and not value.isprintable():
            raise ValueError(f"its {name} has control characters")
    for name, value in facts["metrics"].items():
        if not isinstance(value, (int, float)):
            raise ValueError(f"its metric {name} is {describe(value)}")
    for name, value in facts["tags"].items():
        if not isinstance(value, str):
            raise ValueError(f"its tag {name} is {describe(value)}")
    return ExportFacts(*(facts[name] for name in kinds))


def parse_digests(content: bytes) -> dict[str, str]:
    """Return the digests of a record by name; raise ValueError where they are not texts."""
    digests = parse_object(content)
    for name, digest in digests.items():
        if not isinstance(digest, str):
            raise ValueError(f"that of {name} is {describe(digest)}")
    return digests


def parse_object(content: bytes) -> dict[str, Any]:
    """Return the object in a JSON file; raise ValueError for anything else."""
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"it is {describe(value)}, not an object")
    return value


def describe(value: Any) -> str:
    """Return what a value in JSON is, in words; a short one as it is."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return "missing" if value is None else repr(value)[:MOST_CHARACTERS]
