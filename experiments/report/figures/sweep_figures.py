"""The figures of a sweep, in the order of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.report.figures.picture_files import CONFIRMATION, PARTS, SEARCH, TRAINING, PictureFiles
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import SweepRecord
from linrnn.baseline.baselines import Baselines

if TYPE_CHECKING:
    from experiments.report.figures.picture import Picture


def sweep_figures(record: SweepRecord, summary: SweepSummary) -> list[Picture]:
    """Return the figures of a sweep, without those that have no numbers to draw."""
    return [picture for part in PARTS for picture in part_figures(part, record, summary)]


def part_figures(part: str, record: SweepRecord, summary: SweepSummary | None = None) -> list[Picture]:
    """Return the figures of one part; the summary is needed for that of the confirmations alone."""
    if part == CONFIRMATION and summary:
        pictures = answer_figures(record, summary)
    elif part == SEARCH:
        pictures = study_figures(record)
    elif part == TRAINING:
        pictures = network_figures(record)
    else:
        from experiments.report.figures.characterisation_figures import characterisation_figures

        pictures = characterisation_figures(record.characterisations)
    return [picture for picture in pictures if picture.table.rows]


def answer_figures(record: SweepRecord, summary: SweepSummary) -> list[Picture]:
    """Return the figures of what the confirmations predict, and how well."""
    from experiments.report.figures.confirmation_figures import confirmation_figure
    from experiments.report.figures.prediction_figures import prediction_figure
    from experiments.report.figures.step_figure import step_figure

    predictions = prediction_figure(record.predictions, record.units)
    return [predictions, confirmation_figure(summary), step_figure(record, summary)]


def study_figures(record: SweepRecord) -> list[Picture]:
    """Return the figures of the trials of the studies."""
    from experiments.report.figures.search_figures import budget_figure, importance_figure, search_figure
    from experiments.report.figures.size_figure import size_figure

    return [search_figure(record), budget_figure(record), size_figure(record), importance_figure(record)]


def network_figures(record: SweepRecord) -> list[Picture]:
    """Return the figures of the confirmations' training, and of their networks on their own."""
    from experiments.report.figures.confirmation_figures import curves_figure
    from experiments.report.figures.prediction_figures import closed_loop_figure

    return [curves_figure(record), closed_loop_figure(record.predictions, record.units)]


def draw_part(part: str, record: SweepRecord, summary: SweepSummary | None = None) -> list[PictureFiles]:
    """Draw the figures of one part."""
    return [
        PictureFiles(each.name, each.title, each.caption, each.table, each.png(), each.svg())
        for each in part_figures(part, record, summary)
    ]


def draw_baselines(baselines: Baselines) -> bytes:
    """Draw a task's baselines and bounds as PNG."""
    from experiments.report.figures.task_figures import baselines_figure

    return baselines_figure(baselines)
