"""`linrnn list`."""

from __future__ import annotations

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import MODEL, TASK, RunId
from experiments.cli.terminal_text import echo

# those of the schema, whose import takes time
PHASES = ("search", "confirmation", "evidence", "reproduction", "single", "reduction")
OUTCOMES = ("complete", "pruned", "diverged", "failed")


@command(
    "list",
    """
    linrnn list
    linrnn list --task sine
    linrnn list 1b5e --model linear
    linrnn list --phase confirmation --json
    """,
)
@click.argument("sweep", type=RunId(sweeps=True), required=False, metavar="[SWEEP]")
@click.option("--task", type=TASK, help="Only of this task or file.  [default: all]")
@click.option("--model", type=MODEL, help="Only trials of this model type.  [default: all]")
@click.option("--phase", type=click.Choice(PHASES), help="Only trials of this phase.  [default: all]")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Only trials that ended so.  [default: all]")
def list_runs(
    options: GlobalOptions,
    sweep: str | None,
    task: str | None,
    model: str | None,
    phase: str | None,
    outcome: str | None,
) -> None:
    """List recorded sweeps, or the trials of one.

    With SWEEP, its id or a name as in `sales.csv sweep`, or with a filter of trials, the table has a line for each
    trial. The ids and names of both tables are accepted wherever a command takes a run; of several runs with one name,
    the newest is meant.
    """
    from experiments.cli.notes import print_omissions
    from experiments.report.run_tables import sweep_entry, sweeps_overview, trial_entry, trials_overview
    from experiments.workflows.run_selection import RunChoice, select_sweeps, select_trials
    from tracking.store.access import existing_store

    choice = RunChoice(task or "", model or "", phase or "", outcome or "")
    store = existing_store(options.store)
    if sweep or choice.names_trials:
        trials, faults = select_trials(store, sweep, choice)
        title = "Trials, the latest last. Losses: 1 is the best constant predictor's."
        table, entries = trials_overview(trials), {"runs": list(map(trial_entry, trials))}
    else:
        sweeps, faults = select_sweeps(store, choice.task)
        title = "Sweeps, the latest last."
        table, entries = sweeps_overview(sweeps), {"sweeps": list(map(sweep_entry, sweeps))}
    print_omissions(faults)
    if options.json:
        print_json({**entries, "omissions": faults})
        return
    from experiments.cli.terminal_table import print_table

    if table.rows:
        print_table(title, table.header, table.rows)
    else:
        echo(f"no such run in the store {store.name}", err=True)
