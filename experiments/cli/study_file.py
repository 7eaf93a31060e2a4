"""Study files: the tasks, model types and settings of a sweep, in TOML.

tasks = ["sine", "sales.csv"]     paths are relative to the file
models = ["linear", "tanh"]
trials = 10                       also: epochs, replicas, seed
[set]
"training.clip_norm" = "inf"      as --set
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from experiments.cli.parameters import MODEL_OR_ALL, TASK
from linrnn.config.settings import format_value
from linrnn.errors import ConfigError

SUFFIX = ".toml"
MOST_BYTES = 1_000_000
SHORTHANDS = {
    "trials": "sweep.trials",
    "epochs": "training.epochs",
    "replicas": "training.replicas",
    "seed": "seed",
}


class StudyFile(NamedTuple):
    """The content of a study file: tasks, model types, and settings as flat text."""

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    text: dict[str, str]


def read_study_file(path: Path) -> StudyFile:
    """Read a study file; raise ConfigError where it is none, with what is wrong."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path} is no study file: name a text file of at most 1 MB")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error
    unknown = sorted(content.keys() - {"tasks", "models", "set", *SHORTHANDS})
    if unknown:
        raise ConfigError(f"{path}: {unknown[0]!r} is none of tasks, models, set, {', '.join(SHORTHANDS)}")
    tasks = [convert_task(each, path) for each in names(content, "tasks", path)]
    if not tasks:
        raise ConfigError(f"{path} names no task: add a line such as tasks = ['sine']")
    models = [MODEL_OR_ALL.convert(each, None, None) for each in names(content, "models", path)]
    settings = content.get("set", {})
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: 'set' is no table: write [set], and a line for each setting")
    shorthands = {setting: content[name] for name, setting in SHORTHANDS.items() if name in content}
    text = {name: setting_text(name, value, path) for name, value in {**shorthands, **settings}.items()}
    return StudyFile(tuple(tasks), tuple(models), text)


def names(content: dict[str, Any], key: str, path: Path) -> list[str]:
    """Return a list of names; raise ConfigError for another value."""
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"{path}: {key!r} is no list of names, such as ['a', 'b']")
    return value


def convert_task(name: str, path: Path) -> str:
    """Return a task's name, or the absolute path of a file that is relative to the study file."""
    beside = path.parent / name
    return os.path.abspath(beside) if os.path.isfile(beside) else TASK.convert(name, None, None)


def setting_text(name: str, value: object, path: Path) -> str:
    """Return the text of a setting's value; raise ConfigError for one that is no text, number or truth value."""
    if not isinstance(value, (str, int, float)):
        raise ConfigError(f"{path}: {name!r} is no text or number")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else format_value(value)
