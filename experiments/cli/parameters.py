"""Parameters that several commands take."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from glob import escape, glob
from typing import Any, Generic, TypeVar

import click
from click.shell_completion import CompletionItem

from linrnn.config.registry import Registry
from linrnn.errors import ConfigError
from linrnn.models import MODELS
from linrnn.tasks import BUILT_IN, SERIES_FILES, TASKS

T = TypeVar("T")


class Name(click.ParamType[str], Generic[T]):
    """A name of a table; another one is a ConfigError that lists those there are."""

    def __init__(self, table: Registry[T], name: str) -> None:
        self.table, self.name = table, name

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self.table.check(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        return [CompletionItem(name) for name in self.table if name.startswith(incomplete)]


class TaskName(Name[Any]):
    """A name of the table, or the path of a file, which is made whole."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        named_so = os.sep in value or value.lower().endswith(SERIES_FILES)
        is_file = named_so or (value not in self.table and os.path.exists(value))
        return os.path.abspath(value) if is_file else super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        names = [item for item in super().shell_complete(ctx, param, incomplete) if item.value in BUILT_IN]
        files = [CompletionItem(path) for path in sorted(glob(f"{escape(incomplete)}*")) if path.endswith(SERIES_FILES)]
        return names + files or [CompletionItem(incomplete, type="file")]


class RunId(click.ParamType[str]):
    """The id of a recorded run, or how it begins; a shell is told those of the store, or folders."""

    name = "run"

    def __init__(self, sweeps: bool = False, or_folder: bool = False) -> None:
        self.sweeps, self.or_folder = sweeps, or_folder

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        from tracking.runs.run_ids import run_ids

        stores = [context.params.get("store") for context in (ctx, ctx.find_root())]
        found = run_ids(next(filter(None, stores), "."), incomplete, self.sweeps)
        items = [CompletionItem(run_id, help=name) for run_id, name in found]
        return items or ([CompletionItem(incomplete, type="dir")] if self.or_folder else [])


class Number(click.FloatRange):
    """A number of a range, which nan is in none of."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        return self.fail(f"{value!r} is not a number.", param, ctx) if math.isnan(number) else number


TASK, MODEL = TaskName(TASKS, "task"), Name(MODELS, "type")

SETTINGS = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting, such as training.clip_norm=inf."
)
SEED = click.option("--seed", metavar="N", help="Seed of the first weights.  [default: 0]")
STUDIES = click.option(
    "--studies", metavar="URL", envvar="LINRNN_STUDIES", help="PostgreSQL database that keeps the studies, for a team."
)
EPOCHS = click.option("--epochs", metavar="E", help="Epochs of each trial.")
REPLICAS = click.option("--replicas", metavar="S", help="Networks of each trial, trained side by side.")


def settings_text(settings: Sequence[str], shorthands: Mapping[str, str | None]) -> dict[str, str]:
    """Flat text of the `--set` options and of those options that are short for one."""
    text = {name: value for name, value in shorthands.items() if value is not None}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set takes NAME=VALUE, such as training.clip_norm=inf, not {setting!r}")
        if name in ("task", "model"):
            raise ConfigError(f"--set cannot change the {name}: it is named on the command line itself")
        if text.get(name, value) != value:
            raise ConfigError(f"{name} is given twice, as {text[name]} and as {value}")
        text[name] = value
    return text
