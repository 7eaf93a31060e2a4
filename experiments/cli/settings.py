"""`linrnn settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import MODEL
from experiments.cli.terminal_text import echo

if TYPE_CHECKING:
    from linrnn.config.settings import Config

HEADER = ("setting", "meaning", "default", "values")


@command(
    "settings",
    """
    linrnn settings
    linrnn settings --model tanh
    linrnn settings --json
    """,
)
@click.option("--model", type=MODEL, help="Only of this model type, of training and of sweeps.  [default: all]")
def settings(options: GlobalOptions, model: str | None) -> None:
    """List the settings of model types, training and sweeps.

    --set NAME=VALUE changes one in the other commands. `linrnn tasks NAME` lists the settings of a task.
    """
    from experiments.search.sweep_config import SweepConfig
    from linrnn.models import MODELS
    from linrnn.training.trial_config import TrainingConfig, TrialConfig

    owners: dict[str, tuple[type[Config], ...]] = {name: (MODELS[name],) for name in MODELS if model in (None, name)}
    owners |= {"training": (TrainingConfig, TrialConfig), "sweep": (SweepConfig,)}
    tables = {name: describe_settings(*each) for name, each in owners.items()}
    if options.json:
        print_json({"settings": tables})
        return
    from experiments.cli.terminal_table import print_table

    titles = merge_equal(tables)
    for k, (title, table) in enumerate(titles.items()):
        if k:
            echo()
        print_table(f"Settings of {title}.", HEADER, setting_rows(table))


def describe_settings(*owners: type[Config]) -> dict[str, dict[str, str]]:
    """Return meaning, default and values of each setting of some classes, by its name in the flat text."""
    from linrnn.config.settings import format_value, get_domain, list_settings, setting_name

    return {
        setting_name(owner.kind, item.name): {
            "default": format_value(item.default),
            "values": f"{get_domain(item)}{describe_search(get_domain(item))}",
            "what": item.metadata["help"],
        }
        for owner in owners
        for item in list_settings(owner)
    }


def describe_search(domain: Any) -> str:
    """Write the range in which studies search a setting, if they do, or can."""
    from experiments.search.search_space import describe_range
    from linrnn.config.settings import apply_option

    search, option = getattr(domain, "search", None), getattr(domain, "option", None)
    if option:
        return f"; with --search {describe_range(apply_option(domain))}"
    return f"; searched {describe_range(domain)}" if search else ""


def setting_rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str, str, str]]:
    """Return the rows of a table of settings."""
    return [(name, each["what"], each["default"], each["values"]) for name, each in table.items()]


def merge_equal(tables: dict[str, dict[str, dict[str, str]]]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the tables by the names of all that have the same one: `linear, tanh`."""
    merged: dict[str, dict[str, dict[str, str]]] = {}
    for name, table in tables.items():
        same = next((title for title, other in merged.items() if other == table), None)
        if same:
            merged[f"{same}, {name}"] = merged.pop(same)
        else:
            merged[name] = table
    return merged
