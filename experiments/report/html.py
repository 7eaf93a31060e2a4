"""A sweep's figures, tables and report, as files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments.report.characterisation_table import characterisation_table, describe_limits
from experiments.report.comparison_table import (
    baselines_table,
    comparison_table,
    explanations,
    number_text,
    objective_label,
    value_text,
)
from experiments.report.figures.picture_files import SYSTEM_FIGURES, PictureFiles
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.nonlinearity_text import (
    effect_text,
    explain_disagreement,
    nonlinearity_table,
    nonlinearity_text,
)
from experiments.report.residual_text import residual_sentences, residual_table
from experiments.report.serialization import reproduce_commands, sweeps_table
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import SweepRecord
from experiments.report.table import Table, csv_text
from experiments.search.search_space import setting_label, short_names
from tracking.schema import FIGURES, Artifact
from tracking.store.disk import to_file_name, write_folder

if TYPE_CHECKING:
    from experiments.report.figures.picture import Picture

FIRST_FIGURES = ("predictions", "confirmation")  # names of the figures under the verdict
SEARCH_FIGURES = ("search", "budget", "parameters", "importances", "curves")

AnyPicture: TypeAlias = "Picture | PictureFiles"


def figure_files(pictures: Sequence[AnyPicture]) -> dict[str, bytes]:
    """Return the content of figures as PNG, and of their numbers as CSV, by file name."""
    images = {f"{picture.name}.png": picture.png() for picture in pictures}
    return images | {f"{picture.name}.csv": csv_text(picture.table).encode() for picture in pictures}


def render_report(record: SweepRecord, summary: SweepSummary, pictures: Sequence[AnyPicture]) -> bytes:
    """Render a sweep as one HTML file that loads nothing from the network."""
    templates = Environment(
        loader=PackageLoader("experiments.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return (
        templates.get_template("report.html")
        .render(
            task=summary.task,
            summary=summary,
            table=comparison_table(summary),
            explanations=explanations(summary.settings),
            baselines=baselines_table(summary.baselines, summary.baseline_intervals),
            nonlinearity=nonlinearity_section(summary),
            residuals=residual_sentences(summary.confirmations),
            residual_tests=residual_table(summary.confirmations),
            pictures={picture.name: picture for picture in pictures},
            first_figures=FIRST_FIGURES,
            search_figures=SEARCH_FIGURES,
            system_figures=("closed-loop", *SYSTEM_FIGURES),
            systems=characterisation_table(record.characterisations),
            limits=[(each.model, limit) for each in record.characterisations for limit in describe_limits(each)],
            csv_link=csv_link,
            commands=reproduce_commands(summary),
            trials=trials_table(record, summary),
            started=datetime.fromtimestamp(record.start_time, UTC).strftime("%Y-%m-%d %H:%M UTC"),
            seconds=number_text(summary.seconds),
            environment=record.environment,
        )
        .encode()
    )


def nonlinearity_section(summary: SweepSummary) -> tuple[str, Table] | None:
    """Return a paragraph on the nonlinearity tests of a sweep's data, and their table; None where there are none."""
    tests = summary.nonlinearity_tests
    if not tests:
        return None
    sentences = (nonlinearity_text(tests), effect_text(tests), explain_disagreement(tests, summary.verdict))
    return "; ".join(filter(None, sentences)), nonlinearity_table(tests)


def trials_table(record: SweepRecord, summary: SweepSummary) -> Table:
    """Return the table of all trials of the studies."""
    names, label = short_names(summary.settings), objective_label(summary.objective_name)
    rows = [
        (
            trial.model,
            str(trial.number),
            trial.outcome,
            *(value_text(trial.settings.get(name)) for name in names),
            number_text(trial.objective),
            trial.run_id[:8],
        )
        for trial in record.trials
    ]
    return Table(("model", "trial", "outcome", *map(setting_label, names.values()), label, "run"), rows)


def csv_link(table: Table) -> str:
    """Return a link that holds a table as CSV."""
    return f"data:text/csv;base64,{b64encode(csv_text(table).encode()).decode()}"


def sweep_report(record: SweepRecord, summary: SweepSummary) -> bytes:
    """Render a sweep with all its figures as one HTML file."""
    return render_report(record, summary, sweep_figures(record, summary))


def sweep_artifacts(
    record: SweepRecord, summary: SweepSummary, drawings: Sequence[AnyPicture] | None = None
) -> dict[str, bytes]:
    """Return the content of the report, the comparison table and the figures of a finished sweep by artifact name.

    The figures are drawn here unless they have been before.
    """
    pictures = sweep_figures(record, summary) if drawings is None else drawings
    figures = {f"{FIGURES}/{name}": content for name, content in figure_files(pictures).items()}
    return {
        Artifact.REPORT: render_report(record, summary, pictures),
        **comparison_artifact(summary),
        **figures,
    }


def comparison_artifact(summary: SweepSummary) -> dict[str, bytes]:
    """Return the comparison table of a sweep as a file."""
    return {Artifact.COMPARISON: csv_text(sweeps_table([summary])).encode()}


def write_figures(folder: Path, records: Sequence[SweepRecord], summaries: Sequence[SweepSummary]) -> None:
    """Write the figures of sweeps to a folder, which gets one folder for each task."""
    tasks = [summary.task for summary in summaries]
    for record, summary in zip(records, summaries, strict=True):
        task = summary.task if tasks.count(summary.task) == 1 else f"{summary.task} {summary.sweep_run[:8]}"
        files = figure_files(sweep_figures(record, summary))
        write_folder(folder, {f"{to_file_name(task)}/{name}": content for name, content in files.items()})
