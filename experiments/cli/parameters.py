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
from linrnn.models import DEFAULT_MODELS, MODELS
from linrnn.tasks import BUILT_IN, SERIES_FILES, STANDARD_INPUT, TASKS

T = TypeVar("T")

ALL = "all"  # model types


class Name(click.ParamType[str], Generic[T]):
    """A name of a registry; another name raises a ConfigError that lists the names."""

    def __init__(self, registry: Registry[T], name: str) -> None:
        self.registry, self.name = registry, name

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self.registry.check(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        return [CompletionItem(name) for name in self.registry if name.startswith(incomplete)]


class ModelName(Name[Any]):
    """A name of the registry, or `all`."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if value == ALL else super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        every = [CompletionItem(ALL)] if ALL.startswith(incomplete) else []
        return super().shell_complete(ctx, param, incomplete) + every


def expand_models(names: Sequence[str]) -> tuple[str, ...]:
    """Return the model types that `--model` options name: all for `all`, those of a default sweep for none."""
    return tuple(MODELS) if ALL in names else tuple(dict.fromkeys(names)) or DEFAULT_MODELS


class SettingName(click.ParamType[str]):
    """The name of a setting that studies can search; shells complete those of all model types."""

    name = "setting"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        from linrnn.config.settings import list_optional
        from linrnn.training.trial_config import TrainingConfig

        names = list_optional(*(MODELS[model] for model in MODELS), TrainingConfig)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class TaskName(Name[Any]):
    """A name of the registry, the path of a file, which is made absolute, or `-` for standard input."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "-":
            return STANDARD_INPUT
        is_path = os.sep in value or value.lower().endswith(SERIES_FILES)
        is_file = is_path or (value not in self.registry and os.path.exists(value))
        return os.path.abspath(value) if is_file else super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        names = [item for item in super().shell_complete(ctx, param, incomplete) if item.value in BUILT_IN]
        files = [CompletionItem(path) for path in sorted(glob(f"{escape(incomplete)}*")) if path.endswith(SERIES_FILES)]
        return names + files or [CompletionItem(incomplete, type="file")]


class RunId(click.ParamType[str]):
    """The id of a recorded run or its first characters; shells complete the ids of the store, or folders.

    Where a task may stand for a run, the path of a file is made absolute, and shells complete tasks as well.
    """

    name = "run"

    def __init__(self, sweeps: bool = False, or_folder: bool = False, or_task: bool = False) -> None:
        self.sweeps, self.or_folder, self.or_task = sweeps, or_folder, or_task

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        is_task = self.or_task and (value in TASKS or os.sep in value or value.lower().endswith(SERIES_FILES))
        return TASK.convert(value, param, ctx) if is_task else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        from tracking.runs.run_ids import run_ids

        stores = [context.params.get("store") for context in (ctx, ctx.find_root())]
        runs = run_ids(next(filter(None, stores), "."), incomplete, self.sweeps)
        items = [CompletionItem(run_id, help=name) for run_id, name in runs]
        items += TASK.shell_complete(ctx, param, incomplete) if self.or_task else []
        return items or ([CompletionItem(incomplete, type="dir")] if self.or_folder else [])


class RunOrTask(RunId):
    """A run, the name of a task, or the path of a file, which is made absolute."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        is_path = os.sep in value or value.lower().endswith(SERIES_FILES)
        return os.path.abspath(value) if is_path and os.path.exists(value) else value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        tasks = TASK.shell_complete(ctx, param, incomplete)
        return [*super().shell_complete(ctx, param, incomplete), *tasks] if incomplete else tasks


class Number(click.FloatRange):
    """A number of a range; nan is in none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        return self.fail(f"{value!r} is not a number.", param, ctx) if math.isnan(number) else number


class Percentage(click.ParamType[float]):
    """A share, as `5%` or `0.05`, from 0 to 1."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        return share if 0 <= share <= 1 else self.fail(f"{value!r} is not from 0% to 100%.", param, ctx)


TASK, MODEL, MODEL_OR_ALL = TaskName(TASKS, "task"), Name(MODELS, "type"), ModelName(MODELS, "type")

# Defaults in help are text: importing their declarations takes seconds. A test compares them.
SETTINGS = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a setting, such as training.clip_norm=inf; may be repeated.  [default: as declared]",
)
MODELS_OPTION = click.option(
    "--model",
    "--models",
    "models",
    multiple=True,
    type=MODEL_OR_ALL,
    help=f"Model type, may be repeated: {', '.join(MODELS)}; or all.  [default: {', '.join(DEFAULT_MODELS)}]",
)
SEARCHES = click.option(
    "--search",
    "searches",
    multiple=True,
    type=SettingName(),
    metavar="NAME",
    help="Search this setting as well, such as model.init or model.num_layers; may be repeated.  [default: none]",
)
SEED = click.option("--seed", metavar="N", help="Seed of weights and search.  [default: 0]")


def leave_out_diff(_: click.Context, __: click.Parameter, value: bool) -> None:
    """Record no uncommitted changes from now on, in this process and its workers."""
    if value:
        os.environ["LINRNN_NO_DIFF"] = "1"


NO_DIFF = click.option(
    "--no-diff",
    is_flag=True,
    envvar="LINRNN_NO_DIFF",
    expose_value=False,
    callback=leave_out_diff,
    help="Do not record uncommitted changes of linrnn's own code.  [default: recorded, or $LINRNN_NO_DIFF]",
)
STUDIES = click.option(
    "--studies",
    metavar="URL",
    envvar="LINRNN_STUDIES",
    help="PostgreSQL database that holds the Optuna studies, for a team.  [default: optuna.db, or $LINRNN_STUDIES]",
)
TRIALS = click.option("--trials", metavar="N", help="Trials of each study.  [default: 20, or the task's own]")
EPOCHS = click.option("--epochs", metavar="E", help="Epochs of each trial.  [default: 1000, or the task's own]")
REPLICAS = click.option(
    "--replicas", metavar="S", help="Networks of each trial, trained side by side.  [default: 10, or the task's own]"
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show trials, time and disk at most; record nothing.")
WORKERS = click.option(
    "--workers", type=click.IntRange(1, 256), metavar="W", help="Worker processes.  [default: one per core]"
)


def settings_text(settings: Sequence[str], shorthands: Mapping[str, str | None]) -> dict[str, str]:
    """Return the flat text of the `--set` options and of the options that are shorthands for a setting."""
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
