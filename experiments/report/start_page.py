"""The start page of `linrnn ui`: each sweep as a card with its verdict, its losses and links."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from linrnn.baseline.baselines import ROUNDING
from linrnn.models import MODELS
from tracking.mlflow_ui.views import CHARTS, TRIALS, view_address
from tracking.model_colors import model_color
from tracking.run_views import SweepRun, TrialRun
from tracking.schema import Metric, Phase, Tag

START = "/start"  # address of the start page
REPORTS = "/start/report"  # address of the reports, by id of the sweep's run
REFERENCES = {
    Metric.BASELINE_NAIVE: "naive baseline",
    Metric.BASELINE_LINEAR: "linear baseline",
    Metric.BASELINE_NONLINEAR: "nonlinear baseline",
    Metric.BOUND_NOISE: "noise bound",
}


class Mark(NamedTuple):
    """A loss on the scale of a card."""

    label: str
    loss: float
    color: str  # empty for a baseline or a bound
    position: float  # percent of the width


class RunLink(NamedTuple):
    """A link to the page of a run."""

    label: str
    address: str


class SweepCard(NamedTuple):
    """What the start page shows of a sweep."""

    task: str
    question: str
    verdict: str
    conclusion: str
    begin: str
    marks: Sequence[Mark]
    report: str  # address; empty before the sweep is finished
    charts: str
    table: str
    runs: Sequence[RunLink]


def describe_sweep(sweep: SweepRun, trials: Sequence[TrialRun]) -> SweepCard:
    """Return the card of a sweep.

    Parameters
    ----------
    sweep : SweepRun
        The run of the sweep.
    trials : sequence of TrialRun
        Its confirmations, and the best trial of each of its studies.
    """
    trials = sorted(trials, key=lambda run: (not is_confirmation(run), list(MODELS).index(run.model)))
    confirmations = [run for run in trials if is_confirmation(run)]
    experiment = trials[0].experiment_id if trials else ""
    return SweepCard(
        task=sweep.task,
        question=sweep.find_tag(Tag.QUESTION) or "",
        verdict=sweep.find_tag(Tag.VERDICT) or ("running" if sweep.is_running else "not finished"),
        conclusion=sweep.find_tag(Tag.CONCLUSION) or "",
        begin=f"{datetime.fromtimestamp(sweep.start_time):%Y-%m-%d %H:%M}",
        marks=place_marks([*network_losses(confirmations), *reference_marks(sweep)]),
        report=f"{REPORTS}/{sweep.run_id}" if sweep.find_tag(Tag.VERDICT) else "",
        charts=f"/{view_address(experiment, CHARTS)}" if experiment else "",
        table=f"/{view_address(experiment, TRIALS)}" if experiment else "",
        runs=[
            RunLink(run.short_name if is_confirmation(run) else f"best {run.model} trial", run_address(run))
            for run in trials
        ],
    )


def is_confirmation(run: TrialRun) -> bool:
    """Return whether a run is a confirmation."""
    return run.find_tag(Tag.PHASE) == Phase.CONFIRMATION


def run_address(run: TrialRun) -> str:
    """Return the address of a run's page in the MLflow UI."""
    return f"/#/experiments/{run.experiment_id}/runs/{run.run_id}?workflowType=machine_learning"


def network_losses(confirmations: Sequence[TrialRun]) -> Iterator[Mark]:
    """Yield the median test loss of each confirmation."""
    for run in confirmations:
        loss = run.find_metric(Metric.TEST_LOSS)
        if loss is not None:
            yield Mark(run.model, loss, model_color(run.model), 0)


def reference_marks(sweep: SweepRun) -> Iterator[Mark]:
    """Yield the baselines and the bound of a sweep."""
    for metric, label in REFERENCES.items():
        loss = sweep.find_metric(metric)
        if loss is not None:
            yield Mark(label, loss, "", 0)


def place_marks(marks: Sequence[Mark]) -> list[Mark]:
    """Place losses on a common logarithmic scale from the smallest to the largest; those that are 0 at its left end."""
    logs = [math.log10(mark.loss) for mark in marks if mark.loss > ROUNDING]
    low, span = min(logs, default=0), max(logs, default=0) - min(logs, default=0)

    def place(loss: float) -> float:
        if loss <= ROUNDING:
            return 0
        return round(100 * (math.log10(loss) - low) / span, 1) if span else 50

    return [mark._replace(position=place(mark.loss)) for mark in marks]


def render_start_page(cards: Sequence[SweepCard], store: str, nonce: str) -> str:
    """Render the start page; it loads nothing from the network.

    Parameters
    ----------
    cards : sequence of SweepCard
        The sweeps, the newest first.
    store : str
        Name of the store.
    nonce : str
        Permits the page's own script under its content security policy.
    """
    templates = Environment(
        loader=PackageLoader("experiments.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template("start.html").render(cards=cards, store=store, nonce=nonce)
