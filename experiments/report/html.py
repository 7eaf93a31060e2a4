"""A sweep's figures, tables and report, as files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments.report.comparison_table import WHAT, baseline_rows, comparison_table, number
from experiments.report.figures.picture import Picture
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.serialization import reproduce_commands, sweeps_table
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import Findings, findings
from experiments.report.table import Table, csv_text
from tracking.run_views import SweepRun
from tracking.schema import FIGURES, Artifact
from tracking.store.access import Store
from tracking.store.disk import to_file_name, write_folder


def figure_files(drawn: Sequence[Picture]) -> dict[str, bytes]:
    """Name -> content of the figures, and of the numbers behind each."""
    images = {f"{picture.name}.png": picture.png() for picture in drawn}
    return images | {f"{picture.name}.csv": csv_text(picture.table).encode() for picture in drawn}


def render_report(found: Findings, drawn: Sequence[Picture]) -> bytes:
    """All of a sweep as one HTML file, which asks the network for nothing."""
    templates = Environment(
        loader=PackageLoader("experiments.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return (
        templates.get_template("report.html")
        .render(
            task=found.summary.task,
            summary=found.summary,
            table=comparison_table(found.summary),
            what=WHAT,
            floors=baseline_rows(found.summary.floors),
            pictures=drawn,
            csv_link=csv_link,
            commands=reproduce_commands(found.summary),
            trials=found.trials,
            number=number,
            started=found.started,
            environment=found.environment,
        )
        .encode()
    )


def csv_link(table: Table) -> str:
    """A table as a link that holds it."""
    return f"data:text/csv;base64,{b64encode(csv_text(table).encode()).decode()}"


def sweep_report(store: Store, sweep: SweepRun, summary: SweepSummary) -> bytes:
    """The same of a recorded sweep."""
    found = findings(store, sweep, summary)
    return render_report(found, sweep_figures(found))


def sweep_artifacts(store: Store, sweep: SweepRun, summary: SweepSummary) -> dict[str, bytes]:
    """Name -> content of what a finished sweep's run keeps to be looked at."""
    found = findings(store, sweep, summary)
    drawn = sweep_figures(found)
    figures = {f"{FIGURES}/{name}": content for name, content in figure_files(drawn).items()}
    return {
        Artifact.REPORT: render_report(found, drawn),
        Artifact.COMPARISON: csv_text(sweeps_table([summary])).encode(),
        **figures,
    }


def write_figures(folder: Path, store: Store, sweeps: Sequence[SweepRun], summaries: Sequence[SweepSummary]) -> None:
    """Draw the figures of sweeps into a folder, one in it for each task."""
    tasks = [summary.task for summary in summaries]
    for sweep, summary in zip(sweeps, summaries, strict=True):
        task = summary.task if tasks.count(summary.task) == 1 else f"{summary.task} {summary.sweep_run[:8]}"
        files = figure_files(sweep_figures(findings(store, sweep, summary)))
        write_folder(folder, {f"{to_file_name(task)}/{name}": content for name, content in files.items()})
