"""Figures of trained networks as dynamical systems: poles, responses, memory and nonlinearity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from experiments.report.characterisation_table import network_kernel
from experiments.report.figures.canvas import (
    FAINT,
    INK,
    LEGEND_COLUMNS,
    LEGEND_LINE,
    RESOLUTION,
    WIDTH,
    drawable,
    model_marker,
    plain_ticks,
)
from experiments.report.figures.picture import Columns, Picture, to_columns, to_floats
from experiments.report.figures.picture_files import SYSTEM_FIGURES as SYSTEM_FIGURES
from experiments.report.table import Table
from linrnn.analysis.characterisation import STEPS, Characterisation
from linrnn.analysis.system_properties import FREQUENCIES, SystemProperties
from linrnn.data.sequences import Array
from tracking.model_colors import model_color

LEAST_SQUARES = "least squares"
ROUNDING = 1e-16  # smaller values are drawn there
Rows = list[tuple[object, ...]]


def characterisation_figures(replicas: Sequence[Characterisation]) -> list[Picture]:
    """Return the figures of some networks, without those that have no numbers to draw."""
    pictures = [poles_figure(replicas), responses_figure(replicas), memory_figure(replicas), linearity_figure(replicas)]
    return [picture for picture in pictures if picture.table.rows]


def poles_figure(replicas: Sequence[Characterisation]) -> Picture:
    """Return the map of the poles in the complex plane."""
    rows: Rows = []
    for each in replicas:
        properties = each.properties
        values = (properties.poles, properties.time_constants, properties.pole_frequencies)
        rows += [
            (each.model, each.replica, pole.real, pole.imag, abs(pole), constant, frequency)
            for pole, constant, frequency in zip(*values, strict=True)
        ]
    header = ("model", "replica", "real", "imaginary", "modulus", "time_constant", "frequency")
    caption = (
        "Poles of each network, the eigenvalues of its state matrix; those of its recurrence where the readout alone "
        "is nonlinear; of another nonlinear network, those of its linearization at the most stable fixed point under "
        "the mean input. A pole at distance r from the center contributes r^k to the "
        "response after k steps, and turns by its angle at each: on the circle it lasts, outside it grows. Dotted: "
        "where the contribution falls to 1/e in 10 steps."
    )
    return Picture("poles", "Poles", caption, Table(header, rows), draw_poles)


def draw_poles(table: Table) -> Figure:
    """Draw the complex plane with the unit circle."""
    figure, (axes,) = fixed_axes(4.2, 1, 1)
    for radius, style in ((1.0, "-"), (float(np.exp(-0.1)), ":")):
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=FAINT, linestyle=style, linewidth=0.9))
    axes.axhline(0, color=FAINT, linewidth=0.5)
    axes.axvline(0, color=FAINT, linewidth=0.5)
    for model, columns in group(table, 1):
        x, y = to_floats(columns["real"]), to_floats(columns["imaginary"])
        marker = model_marker(model)
        axes.plot(x, y, marker, color=model_color(model), label=model, markersize=5, alpha=0.7, linewidth=0)
    reach = 1.08 * max(1, *np.abs(np.concatenate([to_floats(column) for column in coordinates(table)])))
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="real part", ylabel="imaginary part")
    unique_legend(figure, axes)
    return figure


def coordinates(table: Table) -> list[NDArray[np.object_]]:
    """Return the columns of both coordinates."""
    columns = to_columns(table, list(table.rows))
    return [columns["real"], columns["imaginary"]]


def responses_figure(replicas: Sequence[Characterisation]) -> Picture:
    """Return the figure of impulse, step and frequency response, beside least squares."""
    rows: Rows = []
    for each in replicas:
        kernel = network_kernel(each)[:STEPS]
        if kernel.size and np.isfinite(kernel).all():
            waves = exact_waves(each.properties) if each.is_linear else transform(kernel[:, 0, 0])
            rows += response_rows(each.model, each.replica, kernel[:, 0, 0], waves)
    baseline = next((pad(each.baseline_kernel)[:, 0, 0] for each in replicas if each.baseline_kernel.size), None)
    if baseline is not None:
        rows += response_rows(LEAST_SQUARES, None, baseline, transform(baseline))
    header = ("model", "replica", "domain", "lag", "impulse_response", "step_response", "frequency", "gain", "delay")
    caption = (
        "Response of the first output to the first input. Top: to an impulse, up to where it has decayed. Middle: to a "
        "step. Bottom: the gain of each frequency. Of a nonlinear network, that of its best linear approximation on "
        "the task's inputs. Dashed: least squares on lagged inputs, fitted without a network, which a linear network "
        "approaches where the inputs have all frequencies."
    )
    return Picture("responses", "Responses", caption, Table(header, rows), draw_responses)


def pad(kernel: Array) -> Array:
    """Return a kernel `(L, O, I)` as `(STEPS, O, I)`: zeros follow its last lag."""
    return np.concatenate([kernel, np.zeros((STEPS, *kernel.shape[1:]))])[:STEPS]


def response_rows(
    model: str, replica: int | None, impulse: Array, waves: Sequence[tuple[float, float]]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of an impulse response `(K,)` and of gain and delay at each frequency."""
    for lag, (value, step) in enumerate(zip(impulse.tolist(), np.cumsum(impulse).tolist(), strict=True)):
        yield (model, replica, "time", lag, value, step, None, None, None)
    for frequency, (gain, delay) in zip(FREQUENCIES.tolist(), waves, strict=True):
        yield (model, replica, "frequency", None, None, None, frequency, float(gain), float(delay))


def exact_waves(properties: SystemProperties) -> list[tuple[float, float]]:
    """Return gain and group delay of a system at each frequency."""
    gains, delays = np.abs(properties.frequency_response[:, 0, 0]), properties.group_delay[:, 0, 0]
    return list(zip(gains.tolist(), delays.tolist(), strict=True))


def transform(impulse: Array) -> list[tuple[float, float]]:
    """Return gain and group delay of an impulse response `(K,)` at each frequency; no delay where the gain is 0."""
    waves = np.exp(-2j * np.pi * FREQUENCIES[:, None] * np.arange(len(impulse)))
    response, moment = waves @ impulse, waves @ (np.arange(len(impulse)) * impulse)
    with np.errstate(all="ignore"):
        delays = (moment / response).real
    return list(zip(np.abs(response).tolist(), delays.tolist(), strict=True))


def draw_responses(table: Table) -> Figure:
    """Draw the three responses below each other."""
    figure, (impulse, step, gain) = fixed_axes(6.0, 3, 1)
    last = 1
    for model, columns in group(table, 2):
        is_time = columns["domain"] == "time"
        lags, values = to_floats(columns["lag"][is_time]), to_floats(columns["impulse_response"][is_time])
        last = max(last, decay_length(values))
        line = line_style(model)
        impulse.plot(lags, values, **line)
        step.plot(lags, to_floats(columns["step_response"][is_time]), **line)
        gains = drawable(to_floats(columns["gain"][~is_time]))
        gain.plot(to_floats(columns["frequency"][~is_time]), gains, **line)
    for axes in (impulse, step):
        axes.axhline(0, color=FAINT, linewidth=0.5, zorder=0)
        axes.set_xlim(0, last)
    impulse.set(ylabel="impulse response")
    step.set(xlabel="lag, steps", ylabel="step response")
    gain.set(xlabel="frequency, cycles per step", ylabel="gain", yscale="log")
    logarithmic(gain.yaxis)
    plain_ticks(gain.yaxis, *gain.get_ylim())
    unique_legend(figure, impulse)
    return figure


def decay_length(response: NDArray[np.float64]) -> int:
    """Return the number of lags that hold what is larger than a hundredth of the largest value."""
    return int(np.flatnonzero(np.abs(response) > 0.01 * np.abs(response).max(initial=0)).max(initial=1)) + 1


def memory_figure(replicas: Sequence[Characterisation]) -> Picture:
    """Return the figure of Hankel singular values and of the gradient norm through time."""
    rows: Rows = []
    for each in replicas:
        values = each.properties.hankel_singular_values
        rows += [(each.model, each.replica, "singular values", k, value) for k, value in enumerate(values.tolist(), 1)]
        rows += [(each.model, each.replica, "gradient", k, norm) for k, norm in enumerate(each.gradient_norms.tolist())]
    caption = (
        "Left: Hankel singular values, what each balanced state carries from the past to the future: small ones can be "
        "left out. Right: the norm of the gradient of a state for the state some steps before, the median over "
        "sequences of the task's inputs: it vanishes where it falls fast, and explodes where it grows."
    )
    header = ("model", "replica", "quantity", "position", "value")
    return Picture("memory", "Memory", caption, Table(header, rows), draw_memory)


def draw_memory(table: Table) -> Figure:
    """Draw singular values by order, and gradient norms by lag."""
    figure, (values, gradients) = fixed_axes(3.2, 1, 2)
    for model, columns in group(table, 2):
        is_gradient = columns["quantity"] == "gradient"
        positions, numbers = to_floats(columns["position"]), np.maximum(to_floats(columns["value"]), ROUNDING)
        line = line_style(model)
        values.plot(positions[~is_gradient], numbers[~is_gradient], **line, marker=model_marker(model), markersize=3)
        gradients.plot(positions[is_gradient], numbers[is_gradient], **line)
    values.set(xlabel="number", ylabel="Hankel singular value", yscale="log")
    values.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    gradients.set(xlabel="steps back", ylabel="gradient norm", yscale="log")
    for axes in (values, gradients):
        logarithmic(axes.yaxis)
    gradients.axhline(1, color=FAINT, linewidth=0.5, zorder=0)
    unique_legend(figure, gradients)
    return figure


def linearity_figure(replicas: Sequence[Characterisation]) -> Picture:
    """Return the figure of superposition index and harmonic distortion by amplitude."""
    rows = [
        (each.model, each.replica, *values)
        for each in replicas
        for values in zip(
            each.amplitudes.tolist(),
            each.superposition_index.tolist(),
            each.harmonic_distortion.tolist(),
            strict=True,
        )
    ]
    caption = (
        "How far each network is from linear, by the amplitude of its inputs relative to the task's own. Lines: the "
        "superposition index, the norm of F(x1 + x2) - F(x1) - F(x2) over that of F(x1 + x2). Markers: the harmonic "
        "distortion of a sine, where its response becomes steady. Both are 0 for a linear network, but for rounding."
    )
    header = ("model", "replica", "amplitude", "superposition_index", "harmonic_distortion")
    return Picture("linearity", "Distance from linear", caption, Table(header, rows), draw_linearity)


def draw_linearity(table: Table) -> Figure:
    """Draw both measures on logarithmic axes."""
    figure, (axes,) = fixed_axes(3.2, 1, 1)
    for model, columns in group(table, 2):
        amplitudes = to_floats(columns["amplitude"])
        index, distortion = (to_floats(columns[name]) for name in ("superposition_index", "harmonic_distortion"))
        axes.plot(amplitudes, np.maximum(index, ROUNDING), **line_style(model))
        marker = model_marker(model)
        axes.plot(amplitudes, np.maximum(distortion, ROUNDING), marker, color=model_color(model), markersize=4)
    axes.axvline(1, color=FAINT, linewidth=0.5, zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="amplitude of the inputs", ylabel="distance from linear")
    for axis in (axes.xaxis, axes.yaxis):
        logarithmic(axis)
    unique_legend(figure, axes)
    return figure


def group(table: Table, columns: int) -> Iterator[tuple[str, Columns]]:
    """Yield the model type and the columns of each group of rows with equal first columns."""
    keys = dict.fromkeys(row[:columns] for row in table.rows)
    for key in keys:
        yield str(key[0]), to_columns(table, [row for row in table.rows if row[:columns] == key])


def line_style(model: str) -> dict[str, Any]:
    """Return how a network's line is drawn, and that of least squares."""
    if model == LEAST_SQUARES:
        return {"color": INK, "linestyle": "--", "linewidth": 1.0, "label": model, "zorder": 3}
    return {"color": model_color(model), "linewidth": 1.4, "label": model, "alpha": 0.8}


def unique_legend(figure: Figure, axes: Axes) -> None:
    """Place a legend above the axes in which each label occurs once."""
    first: dict[str, Any] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        first.setdefault(label, handle)
    figure.legend(first.values(), first.keys(), loc="upper right", ncols=min(len(first), LEGEND_COLUMNS))
    set_margins(figure, lines=-(-len(first) // LEGEND_COLUMNS))


def set_margins(figure: Figure, lines: int = 1) -> None:
    """Make a figure higher where its legend has several lines, and set the positions of its axes."""
    height = float(figure.get_figheight()) + (lines - 1) * LEGEND_LINE
    figure.set_figheight(height)
    top = 0.34 + (lines - 1) * LEGEND_LINE
    figure.subplots_adjust(0.16, 0.48 / height, 0.97, 1 - top / height, wspace=0.6, hspace=0.38)


def fixed_axes(height: float, rows: int, columns: int) -> tuple[Figure, list[Axes]]:
    """Create a figure with axes at fixed positions: an automatic layout would take longer than all else."""
    figure = Figure(figsize=(WIDTH, height), dpi=RESOLUTION)
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    set_margins(figure)
    return figure, list(axes.flat)


def logarithmic(axis: Axis) -> None:
    """Set plain ticks on a logarithmic axis: minor ticks and powers of 10 take long to draw."""
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}" if value < 0.001 else f"{value:g}"))
