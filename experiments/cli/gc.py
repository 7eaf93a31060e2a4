"""`linrnn gc`."""

from __future__ import annotations

import sys

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.terminal_text import echo


@command(
    "gc",
    """
    linrnn gc
    linrnn gc --yes --store results
    linrnn gc --best 3
    """,
)
@click.option(
    "--best",
    type=click.IntRange(min=1),
    metavar="K",
    help="Also delete weights and figures of the trials beyond the K best of each study.  [default: none]",
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
def gc(options: GlobalOptions, best: int | None, yes: bool) -> None:
    """Delete the leavings of interrupted work.

    Lists runs of interrupted trials, folders without a run and incomplete files, with their sizes, and asks before it
    deletes them. Without a terminal it deletes nothing unless --yes is given. What is recorded, and what a process
    works on, stays.

    With --best, files of trials of a search that `linrnn reproduce` makes again are deleted, too, except those of a
    trial that was among the K best when it ended. Curves, digests, settings and losses of all trials stay, and so do
    the confirmations.
    """
    from experiments.report.run_page import size_text
    from experiments.workflows.cleanup import find_leavings
    from tracking.store.access import existing_store

    leavings = find_leavings(existing_store(options.store), best)
    size = sum(each.size for each in leavings)
    if not options.json:
        for each in leavings:
            echo(f"{each.what}, {size_text(each.size)}")
        echo(f"{len(leavings)} leavings, {size_text(size)}")
    is_sure = yes or bool(leavings and not options.json and sys.stdin.isatty() and click.confirm("Delete them?"))
    for each in leavings if is_sure else ():
        each.delete()
    if options.json:
        content = [{"what": each.what, "bytes": each.size} for each in leavings]
        print_json({"leavings": content, "bytes": size, "deleted": is_sure})
    elif leavings:
        echo("deleted" if is_sure else "nothing was deleted: --yes deletes them", err=True)
