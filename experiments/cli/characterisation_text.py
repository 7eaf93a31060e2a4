"""Text and JSON of characterisations."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.output import print_json
from experiments.cli.terminal_table import print_table
from experiments.cli.terminal_text import echo
from experiments.report.characterisation_table import (
    EXPORTS,
    characterisation_json,
    characterisation_table,
    describe_limits,
    fixed_points_table,
    poles_table,
    spread_measures,
    spread_table,
)
from experiments.workflows.characterise import TrialSystems
from linrnn.models.model import LinearPart

POLES_OF: dict[str, str] = {
    LinearPart.NETWORK: "",
    LinearPart.RECURRENCE: " of the recurrence",
    LinearPart.NONE: " of the linearization at a fixed point",
}


def check_options(replica: int | None, every: bool, export: Path | None) -> None:
    """Raise an error of usage for options that do not go together."""
    if every and replica is not None:
        raise click.UsageError("--all means every replica and --replica one: give one of them")
    if every and export:
        raise click.UsageError("--export writes one network: name it by --replica instead of --all")
    if export and export.suffix not in EXPORTS:
        raise click.UsageError(f"--export writes .npz or .mat files, not {export.name!r}")


def print_characterisation(trial: TrialSystems, is_json: bool) -> None:
    """Print the measures of one replica and its slowest poles, or the spread of the measures over replicas."""
    replicas = trial.replicas
    if is_json:
        pairs = zip(replicas, trial.val_losses, strict=True)
        spread = spread_measures(replicas) if len(replicas) > 1 else None
        print_json(
            {
                "run_id": trial.record.run_id,
                "networks": [characterisation_json(each, loss) for each, loss in pairs],
                "quartiles": spread,
            }
        )
        return
    name = f"{trial.record.name}, run {trial.record.run_id}"
    if len(replicas) > 1:
        print_table(f"{name}: {len(replicas)} replicas", *spread_table(replicas))
        return
    print_table(f"{name}, val loss {trial.val_losses[0]:.3g}", *characterisation_table(replicas))
    for limit in describe_limits(replicas[0]):
        echo(f"\nThe network: {limit}.")
    if len(replicas[0].fixed_points):
        echo()
        print_table("Fixed points under the mean input that were found.", *fixed_points_table(replicas[0]))
    if replicas[0].system.order:
        echo()
        title = f"Slowest poles{POLES_OF[replicas[0].linear_part]}; of each conjugate pair one."
        print_table(title, *poles_table(replicas[0]))
