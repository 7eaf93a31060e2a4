"""`linrnn doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import STUDIES
from experiments.cli.terminal_text import echo


@command(
    "doctor",
    """
    linrnn doctor
    linrnn doctor --fix
    linrnn doctor --store results --json
    """,
)
@click.option("--fix", is_flag=True, help="Repair what can be repaired.")
@STUDIES
def doctor(options: GlobalOptions, fix: bool, studies: str | None) -> int:
    """Check a store for problems.

    Checks versions, database schemas, orphaned RUNNING runs, trials missing from Optuna, lost artifacts, a folder
    that was moved, and free disk space. Exit code 1 if a problem remains.
    """
    from experiments.workflows.doctor import BLOCKING, Finding, apply_fix, check_folder, check_records, store_facts
    from tracking.store.access import readable_store, require_store

    results: list[tuple[Finding, bool]] = []
    root = Path(options.store or ".").resolve()
    if (root / "mlflow.db").exists():
        results += [(finding, fix and apply_fix(finding)) for finding in list(check_folder(root))]
    facts: dict[str, str] = {}
    if all(fixed or finding.kind not in BLOCKING for finding, fixed in results):
        require_store(options.store)
        store = readable_store(options.store, studies, read_studies=True)
        results += [(finding, fix and apply_fix(finding)) for finding in list(check_records(store))]
        facts = store_facts(store)
    findings = [
        {"kind": finding.kind, "what": finding.what, "advice": finding.advice, "fixed": fixed}
        for finding, fixed in results
    ]
    if options.json:
        print_json({"facts": facts, "findings": findings})
    else:
        for name, value in facts.items():
            echo(f"{name:12} {value}")
        echo("" if findings else "\nno problems")
        for finding, fixed in results:
            hint = " (linrnn doctor --fix does it)" if finding.fix and not fix else ""
            echo(f"{'fixed' if fixed else 'problem'}: {finding.what}; {finding.advice}{hint}")
    return 0 if all(fixed for _, fixed in results) else 1
