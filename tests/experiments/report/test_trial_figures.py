"""The learning curves of a trial, beside matplotlib's own axes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from PIL import Image

from experiments.report.figures.canvas import FAINT
from experiments.report.figures.raster_plot import DPI, SIZE, Span, epoch_ticks, loss_text, loss_ticks
from experiments.report.figures.trial_figures import HEIGHT, LEFT, RIGHT, learning_curves, padded_epochs, padded_losses
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import from_text
from tracking.model_colors import model_color


@pytest.fixture(scope="module")
def trial() -> TrialResult:
    """A trial of two replicas."""
    return run_trial(from_text({"task": "sine", "model": "tanh", "training.epochs": "30", "training.replicas": "2"}))


def read_pixels(content: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def axes_picture(trial: TrialResult, epochs: Span, losses: Span) -> Any:
    """The curves as matplotlib draws them: a line for each replica and each median, on logarithmic axes."""
    figure = Figure(figsize=(SIZE[0] / DPI, SIZE[1] / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((LEFT, HEIGHT.low, RIGHT - LEFT, HEIGHT.high - HEIGHT.low))
    history, x = trial.history, np.array(trial.history.evaluation_epochs)
    for curves, color in ((history.train_loss[x - 1], FAINT), (history.val_loss, model_color("tanh"))):
        for curve in curves.T:
            axes.semilogy(x, curve, color=color, linewidth=0.6, alpha=0.25)
        axes.semilogy(x, np.median(curves, axis=1), color=color, linewidth=2)
    axes.set(xlim=epochs, ylim=losses)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def test_curves_are_where_matplotlib_draws_them(trial: TrialResult) -> None:
    history, epochs = trial.history, np.array(trial.history.evaluation_epochs)
    values = np.concatenate([history.train_loss[epochs - 1], history.val_loss])
    own = read_pixels(learning_curves(trial))
    theirs = axes_picture(trial, padded_epochs(epochs), padded_losses((values.min(), values.max())))
    (bottom, top), (left, right) = (
        (round(edge * SIZE[1]) for edge in HEIGHT),
        (round(e * SIZE[0]) for e in (LEFT, RIGHT)),
    )
    inside = np.s_[SIZE[1] - top + 2 : SIZE[1] - bottom - 1, left + 3 : right - 90]  # left of the legend
    drawn = (theirs[inside] < 230).any(axis=-1)
    differs = (abs(own[inside] - theirs[inside]) > 40).any(axis=-1)
    assert drawn.sum() > 500
    assert differs.sum() < 0.02 * drawn.sum()


@pytest.mark.parametrize("losses", [(1e-9, 3.0), (0.2, 1.1), (0.9, 1.3)])
def test_ticks_are_those_of_matplotlib(losses: tuple[float, float]) -> None:
    axes: Any = Figure().add_subplot()
    axes.set(yscale="log", xlim=(-40, 1050), ylim=losses)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10), integer=True))
    low, high = losses
    locator = LogLocator(numticks=7) if high > 30 * low else MaxNLocator(4) if high < 3 * low else None
    axes.yaxis.set_major_locator(locator or LogLocator(subs=(1, 2, 5)))
    assert epoch_ticks(Span(-40, 1050)) == [tick for tick in axes.get_xticks() if -40 <= tick <= 1050]
    assert loss_ticks(Span(*losses)) == [tick for tick in axes.get_yticks() if low <= tick <= high]


def test_text_of_ticks() -> None:
    assert loss_text(1e-3, Span(1e-9, 3.0)) == "10⁻³"
    assert loss_text(0.5, Span(0.2, 1.1)) == "0.5"


def test_extreme_losses_are_drawn(trial: TrialResult) -> None:
    baselines, history = compute_baselines(TASKS["sine"]()), trial.history
    others = [
        trial,
        replace(trial, history=replace(history, val_loss=1e9 * history.val_loss, train_loss=history.train_loss / 1e9)),
        replace(trial, history=replace(history, val_loss=1.0001 + 0 * history.val_loss)),
        replace(trial, history=replace(history, val_loss=np.inf * history.val_loss, train_loss=0 * history.train_loss)),
    ]
    again = [learning_curves(other, baselines) for other in others]
    assert again == [learning_curves(other, baselines) for other in others]
    assert len(set(again)) == len(others)


def test_baselines_have_names_beside_the_frame(trial: TrialResult) -> None:
    bare = read_pixels(learning_curves(trial))
    both = read_pixels(learning_curves(trial, compute_baselines(TASKS["sine"]())))
    beside = np.s_[40:280, round(0.74 * SIZE[0]) :]
    assert (both[beside] < 128).any()
    assert not (both[beside][:, -2:] < 128).any()  # names end in the figure
    assert (bare[beside] != both[beside]).any()
