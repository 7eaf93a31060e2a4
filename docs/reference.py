"""Reference pages of the documentation, generated from the code: tasks, settings, schema, commands, modules, API."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from docs.tables import DOCS, Generator, format_table
from experiments.__main__ import linrnn as command_group
from experiments.cli.models import list_model_types
from experiments.cli.settings import describe_search
from experiments.report.comparison_table import explanations
from linrnn.config.settings import Config, format_value, get_domain, list_settings, setting_name
from linrnn.models import MODELS
from linrnn.tasks import BUILT_IN, TASKS
from linrnn.training.trial_config import TrainingConfig, TrialConfig, from_text, searchable_settings
from tracking import schema

ROOT = DOCS.parent
WIDTH = 80  # of help texts, in characters


def list_tasks(_: str) -> str:
    """Return one table row per built-in task."""
    rows = []
    for name in BUILT_IN:
        task = TASKS[name]
        defaults = ", ".join(f"`{setting}={value}`" for setting, value in task.defaults.items())
        rows.append([f"[`{name}`](#task-{name})", task.summary(), defaults])
    return format_table(["task", "what is to be learned", "defaults of its own"], rows)


def describe_tasks(_: str) -> str:
    """Return a section per built-in task: its class's docstring and its settings."""
    parts = []
    for name in BUILT_IN:
        task = TASKS[name]
        documented = directive("autoclass", f"{task.__module__}.{task.__name__}", "no-members", "no-index")
        parts += [f"(task-{name})=\n## {name}", f"{task.summary()}.", documented, settings_table(task)]
    return "\n\n".join(parts)


def list_models(_: str) -> str:
    """Return one table row per model type: formula, parameters of 10 units, place of the nonlinearity, form."""
    rows = [
        [f"`{each['model']}`", f"`{each['formula']}`", str(each["parameters"]), each["nonlinearity"], each["form"]]
        for each in list_model_types(hidden_size=10, inputs=1, outputs=1)
    ]
    return format_table(["model type", "formula", "parameters of 10 units", "nonlinear in", "form"], rows)


def describe_models(_: str) -> str:
    """Return a section per model type: its class's docstring and its settings."""
    parts = []
    for name in MODELS:
        model = MODELS[name]
        documented = directive("autoclass", f"{model.__module__}.{model.__name__}", "no-members", "no-index")
        parts += [f"### {name}", documented, settings_table(model)]
    return "\n\n".join(parts)


def describe_training(_: str) -> str:
    """Return the settings that trials of every task and model type have."""
    return settings_table(TrainingConfig, TrialConfig)


def settings_table(*owners: type[Config]) -> str:
    """Return one table row per declared setting: name, meaning, default, values and searched range."""
    rows = []
    for owner in owners:
        for item in list_settings(owner):
            domain = get_domain(item)
            default = f"`{format_value(item.default)}`" if item.default != "" else ""
            name, meaning = setting_name(owner.kind, item.name), item.metadata["help"]
            rows.append([f"`{name}`", meaning, default, f"{domain}{describe_search(domain)}"])
    return format_table(["setting", "meaning", "default", "values"], rows)


def list_schema(name: str) -> str:
    """Return the names of one enumeration of tracking/schema.py with their meanings."""
    entries = list(getattr(schema, name))
    if not any(entry.old_name for entry in entries):
        return format_table(["name", "meaning"], [[f"`{entry.value}`", entry.meaning] for entry in entries])
    rows = [[f"`{each.value}`", each.meaning, f"`{each.old_name}`" if each.old_name else ""] for each in entries]
    return format_table(["name", "meaning", "name in 0.1.0"], rows)


def describe_commands(_: str) -> str:
    """Return the help of the command group and of each visible command."""
    settings = {**command_group.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command_group, info_name="linrnn", **settings)
    parts = [f"## linrnn\n\n```text\n{command_group.get_help(context)}\n```"]
    for name in command_group.list_commands(context):
        command = command_group.commands[name]
        if not command.hidden:
            within = click.Context(command, context, name)
            parts.append(f"(command-{name})=\n## linrnn {name}\n\n```text\n{command.get_help(within)}\n```")
    return "\n\n".join(parts)


def list_measures(_: str) -> str:
    """Return the rows of a comparison table with their meanings."""
    settings = searchable_settings(from_text({"task": "sine", "model": "linear"}))
    return format_table(["measure", "meaning"], [list(row) for row in explanations(list(settings)).items()])


def list_modules(room: str) -> str:
    """Return the folders and modules of a room, each with the first line of its docstring."""
    lines = [f"{room + '/':<28} {first_line(ROOT / room / '__init__.py')}"]
    for path in sorted(modules_of(room), key=lambda path: (len(path.parts), path)):
        if path.name != "__init__.py" and path.parent == ROOT / room:
            lines.append(f"  {path.name:<26} {first_line(path)}")
    for folder in sorted({path.parent for path in modules_of(room)} - {ROOT / room}):
        depth = len(folder.relative_to(ROOT / room).parts)
        lines.append(f"{'  ' * depth + folder.name + '/':<28} {first_line(folder / '__init__.py')}")
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith("__"):
                lines.append(f"{'  ' * (depth + 1) + path.name:<28} {first_line(path)}")
    return "\n".join(["```text", *lines, "```"])


def modules_of(room: str) -> Iterable[Path]:
    """Return the source files of a room."""
    return (ROOT / room).rglob("*.py")


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) if path.exists() else None
    return (docstring or "").partition("\n")[0].rstrip(".")


def describe_package(name: str) -> str:
    """Return the public classes and functions of a package, from its `__all__`."""
    package = importlib.import_module(name)
    parts = []
    for public in sorted(getattr(package, "__all__", ())):
        value = getattr(package, public)
        if inspect.isclass(value):
            parts.append(directive("autoclass", f"{name}.{public}", "members"))
        else:
            parts.append(directive("autofunction" if callable(value) else "autodata", f"{name}.{public}"))
    return "\n\n".join(parts)


def directive(name: str, argument: str, *options: str) -> str:
    """Return a directive of autodoc, in Markdown."""
    lines = [f".. {name}:: {argument}", *(f"   :{option}:" for option in options)]
    return "\n".join(["```{eval-rst}", *lines, "```"])


GENERATORS: Mapping[str, Generator] = {
    "task-list": list_tasks,
    "tasks": describe_tasks,
    "model-list": list_models,
    "models": describe_models,
    "training": describe_training,
    "schema": list_schema,
    "commands": describe_commands,
    "measures": list_measures,
    "modules": list_modules,
    "package": describe_package,
}
