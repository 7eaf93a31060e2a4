"""JSON on stdout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from experiments.cli.terminal_text import echo

SCHEMA = 2  # version of the JSON objects that commands print


def print_json(content: Mapping[str, Any]) -> None:
    """Print a result as one JSON object, with the version of its schema."""
    echo(json.dumps({"schema": SCHEMA, **content}))
