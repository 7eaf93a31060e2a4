"""`linrnn doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import STUDIES
from experiments.cli.terminal_text import echo

if TYPE_CHECKING:
    from experiments.workflows.doctor import Finding
    from tracking.store.access import Store


@command(
    "doctor",
    """
    linrnn doctor
    linrnn doctor --fix
    linrnn doctor --verify
    linrnn doctor --store results --json
    """,
)
@click.option("--fix", is_flag=True, help="Repair what can be repaired.")
@click.option(
    "--verify",
    is_flag=True,
    help="Compare each file of each trial with the SHA-256 in its record, and weights with the digests in its curves.",
)
@STUDIES
def doctor(options: GlobalOptions, fix: bool, verify: bool, studies: str | None) -> int:
    """Check a store for problems.

    Checks versions, database schemas, orphaned RUNNING runs, trials missing from Optuna, lost artifacts, a folder
    that was moved, and free disk space. Params, losses and curves are compared with the record's digests; weights and
    other files with --verify. Exit code 1 if a problem remains, 6 if the store cannot be opened.
    """
    from experiments.workflows.doctor import BLOCKING, apply_fix, check_folder, check_records, store_facts
    from tracking.store.access import check_store, existing_store, locate_store
    from tracking.store.database_file import is_there
    from tracking.store_errors import StoreError

    results: list[tuple[Finding, bool]] = []
    path = locate_store(options.store, studies).database
    if path and is_there(path):
        results += [(finding, fix and apply_fix(finding)) for finding in list(check_folder(path.parent))]
    facts: dict[str, str] = {}
    can_open = all(fixed or finding.kind not in BLOCKING for finding, fixed in results)
    if can_open:
        store = existing_store(options.store, studies)  # moved or not
        if fix:
            store = check_store(options.store, studies, read_studies=True)
        results += [(finding, fix and apply_fix(finding)) for finding in list(check_records(store))]
        if verify:
            results += [(finding, fix and apply_fix(finding)) for finding in verify_store(store, options)]
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
        if facts:
            echo("" if findings else "\nno problems")
        for finding, fixed in results:
            hint = " (linrnn doctor --fix does it)" if finding.fix and not fix else ""
            echo(f"{'fixed' if fixed else 'problem'}: {finding.what}; {finding.advice}{hint}")
    if not can_open:
        return StoreError.exit_code
    return 0 if all(fixed for _, fixed in results) else 1


def verify_store(store: Store, options: GlobalOptions) -> list[Finding]:
    """Verify every file of every trial, with progress over the runs."""
    from experiments.cli.progress_bar import progress_reporter
    from experiments.workflows.file_verification import find_verifiable_runs, verify_files

    runs = find_verifiable_runs(store)
    with progress_reporter(len(runs), options.quiet, "runs", options.verbose) as progress:
        return list(verify_files(store, runs, progress))
