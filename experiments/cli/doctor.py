"""`linrnn doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import STUDIES


@command(
    "doctor",
    """
    linrnn doctor
    linrnn doctor --fix
    linrnn doctor --store results --json
    """,
)
@click.option("--fix", is_flag=True, help="Do what is advised, where that can be done.")
@STUDIES
def doctor(shared: GlobalOptions, fix: bool, studies: str | None) -> int:
    """Say what there is in a store and what is amiss; exit code 1 where something stays so.

    Looks at versions, schemas, runs that nobody is at, disagreements of the two databases, lost files, a folder that
    was moved, and space.
    """
    from experiments.workflows.doctor import Finding, apply_fix, check_folder, check_records, store_facts
    from tracking.store.access import check_store, require_store

    done: list[tuple[Finding, bool]] = []
    root = Path(shared.store or ".").resolve()
    if (root / "mlflow.db").exists():
        done += [(finding, fix and apply_fix(finding)) for finding in list(check_folder(root))]
    there: dict[str, str] = {}
    if all(well or ("schema" not in found.what and "damaged" not in found.what) for found, well in done):
        require_store(shared.store)
        store = check_store(shared.store, studies, with_studies=True)  # moved or not
        done += [(finding, fix and apply_fix(finding)) for finding in list(check_records(store))]
        there = store_facts(store)
    findings = [{"what": found.what, "advice": found.advice, "fixed": well} for found, well in done]
    if shared.as_json:
        click.echo(json.dumps({"schema": 1, "facts": there, "findings": findings}))
    else:
        for name, value in there.items():
            click.echo(f"{name:12} {value}")
        click.echo("" if findings else "\nnothing is amiss")
        for found, well in done:
            fixable = " (linrnn doctor --fix does it)" if found.mend and not fix else ""
            click.echo(f"{'fixed' if well else 'amiss'}: {found.what}; {found.advice}{fixable}")
    return 0 if all(well for _, well in done) else 1
