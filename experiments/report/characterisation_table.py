"""Characterisations as tables, JSON and files for other programs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.report.comparison_table import number_text
from experiments.report.table import Table
from linrnn.analysis.characterisation import Characterisation
from linrnn.analysis.hankel import HORIZON
from linrnn.analysis.statistics import quartiles
from linrnn.baseline.baselines import RESOLUTION
from linrnn.models.model import LinearPart
from tracking.runs.artifacts import archive

EXPORTS = (".npz", ".mat")  # formats, by the end of the file's name
MEASURES = {
    "states": "state variables of the network",
    "minimal_order": "states that the same impulse response needs",
    "spectral_radius": "largest modulus of a pole: stable below 1",
    "time_constant": "steps in which the slowest decaying pole falls to 1/e",
    "gain": "response of the first output to a constant first input",
    "memory": "delays that can be read from the state with noise of variance 0.01",
    "henrici_departure": "departure of the state matrix from a normal one, relative to its norm",
    "growth": "largest norm of a power of the state matrix",
    "gradient_norm": "norm of the gradient through 10 steps",
    "least_squares_distance": "of the impulse response from that of least squares, relative to the latter",
    "nonlinear_share": f"of the output that the best linear approximation leaves; above {RESOLUTION:g} nonlinear",
    "superposition_index": "at the amplitude of the task's inputs; 0: linear",
    "harmonic_distortion": "of a sine of the amplitude of the task's inputs; 0: linear",
    "fixed_points": "states that the mean input does not change",
    "unit_slope": "mean slope of the units on the task's inputs; 1: linear, 0: saturated",
    "simulation_error": "largest relative difference of the state space from the network",
}


def list_measures(each: Characterisation) -> dict[str, float | None]:
    """Return the numbers that sum up a characterisation, by name; None where one does not exist."""
    properties, has_system = each.properties, each.system.order > 0
    finite = properties.time_constants[np.isfinite(properties.time_constants) & (properties.time_constants > 0)]
    norm, unit = float(np.linalg.norm(each.A)), int(np.abs(np.log(each.amplitudes)).argmin())
    values: dict[str, Any] = {
        "states": each.system.order or None,
        "minimal_order": properties.minimal_order if has_system and properties.minimal_order >= 0 else None,
        "spectral_radius": properties.spectral_radius if has_system else None,
        "time_constant": finite.max(initial=0) if has_system else None,
        "gain": properties.dc_gain[0, 0] if has_system and each.linear_part != LinearPart.RECURRENCE else None,
        "memory": properties.memory_capacity if has_system else None,
        "henrici_departure": properties.henrici_departure / norm if norm else None,
        "growth": properties.growth if has_system else None,
        "gradient_norm": each.gradient_norms[min(10, len(each.gradient_norms) - 1)],
        "least_squares_distance": least_squares_distance(each),
        "nonlinear_share": each.nonlinear_share,
        "superposition_index": each.superposition_index[unit],
        "harmonic_distortion": each.harmonic_distortion[unit],
        "fixed_points": None if each.is_linear else len(each.fixed_points),
        "unit_slope": each.unit_slopes.mean() if each.unit_slopes.size else None,
        "simulation_error": each.simulation_error,
    }
    return {name: None if value is None or not np.isfinite(value) else float(value) for name, value in values.items()}


def least_squares_distance(each: Characterisation) -> float | None:
    """Return the norm of the difference of a network's kernel from that of least squares, relative to the latter."""
    network, baseline = network_kernel(each), each.baseline_kernel
    length, norm = min(len(network), len(baseline)), np.linalg.norm(baseline)
    return float(np.linalg.norm(network[:length] - baseline[:length]) / norm) if length and norm else None


def network_kernel(each: Characterisation) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the impulse response of a linear network, or the best linear approximation of another one."""
    return each.properties.impulse_response if each.is_linear else each.kernel


def characterisation_table(replicas: Sequence[Characterisation]) -> Table:
    """Return a row for each measure: its name, the value of each network, and what it means."""
    columns = [list_measures(each) for each in replicas]
    header = ("", *(f"{each.model}, replica {each.replica}" for each in replicas), "meaning")
    rows = [
        (name.replace("_", " "), *(number_text(column[name]) for column in columns), meaning)
        for name, meaning in MEASURES.items()
        if any(column[name] is not None for column in columns)
    ]
    return Table(header, rows)


def spread_table(replicas: Sequence[Characterisation]) -> Table:
    """Return a row for each measure: its median and quartiles over replicas, and what it means."""
    rows = [
        (name.replace("_", " "), *(number_text(value) for value in (spread[1], spread[0], spread[2])), meaning)
        for name, meaning in MEASURES.items()
        if (spread := spread_measures(replicas)[name]) is not None
    ]
    return Table(("", "median", "first quartile", "third quartile", "meaning"), rows)


def spread_measures(replicas: Sequence[Characterisation]) -> dict[str, tuple[float, float, float] | None]:
    """Return the first quartile, median and third quartile of each measure over the replicas that have it."""
    columns = [list_measures(each) for each in replicas]
    values = {name: [column[name] for column in columns if column[name] is not None] for name in MEASURES}
    return {name: quartiles(np.array(each, dtype=float)) if each else None for name, each in values.items()}


def poles_table(each: Characterisation, most: int = 10) -> Table:
    """Return the slowest poles, one of each conjugate pair: modulus, steps to 1/e, and period in steps."""
    properties = each.properties
    rows = [
        (f"{abs(pole):.4f}", number_text(constant), number_text(1 / frequency if frequency > 0 else None))
        for pole, constant, frequency in zip(
            properties.poles, properties.time_constants, properties.pole_frequencies, strict=True
        )
        if pole.imag >= 0
    ]
    return Table(("modulus of the pole", "steps to 1/e", "period, steps"), rows[:most])


def fixed_points_table(each: Characterisation) -> Table:
    """Return the fixed points, the most stable first: distance from the zero state, largest modulus of a pole, kind."""
    rows = []
    for state, poles in zip(each.fixed_points, each.fixed_point_poles, strict=True):
        unstable = int((np.abs(poles) > 1).sum())
        kind = "stable" if unstable == 0 else "repeller" if unstable == len(poles) else f"saddle, {unstable} unstable"
        rows.append((number_text(float(np.linalg.norm(state))), f"{np.abs(poles).max():.4f}", kind))
    return Table(("distance from zero", "modulus of the slowest pole", "kind"), rows)


def describe_limits(each: Characterisation) -> list[str]:
    """Return what to know about the numbers of a characterisation, in sentences without a period."""
    limits = []
    if each.system.order and not each.properties.is_stable:
        limits.append(
            "unstable, as a pole lies on or outside the unit circle: singular values, minimal order and memory are "
            f"those of {HORIZON} steps"
        )
    if each.linear_part == LinearPart.RECURRENCE:
        limits.append(
            "its recurrence is linear and its readout is not; poles, singular values and the measures up to growth are "
            "those of the recurrence, whose outputs are what the hidden layer of the readout reads"
        )
    if each.linear_part == LinearPart.NONE and not len(each.fixed_points):
        limits.append("no fixed point was found, so that there is no linearization")
    if not len(each.kernel):
        limits.append("the inputs are too few for a best linear approximation")
    return limits


def characterisation_json(each: Characterisation, val_loss: float) -> dict[str, Any]:
    """Return a characterisation as an object: its measures, and all arrays of its export as lists."""
    arrays = {name: to_list(value) for name, value in export_arrays(each).items()}
    return {
        "model": each.model,
        "replica": each.replica,
        "linear_part": str(each.linear_part),
        "val_loss": val_loss,
        "measures": list_measures(each),
        "limits": describe_limits(each),
        "arrays": arrays,
    }


def to_list(value: Any) -> Any:
    """Return an array as nested lists; a number that is not finite is null, a complex one a pair."""
    array = np.asarray(value)
    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag], axis=-1)
    if array.ndim:
        return [to_list(each) for each in array]
    item = array.item()
    return None if isinstance(item, float) and not np.isfinite(item) else item


def export_arrays(each: Characterisation) -> dict[str, Any]:
    """Return what other programs read, by name: A, B, C, D with the sample time dt = 1, responses and measures."""
    system = {name: getattr(each.system, name) for name in ("A", "B", "C", "D")}
    offsets = {name: getattr(each.system, name) for name in ("state_offset", "output_offset", "initial_state")}
    own = (
        "kernel",
        "baseline_kernel",
        "gradient_norms",
        "amplitudes",
        "superposition_index",
        "harmonic_distortion",
        "fixed_points",
        "fixed_point_poles",
        "unit_slopes",
    )
    return {
        **system,
        "dt": 1.0,
        **offsets,
        **each.properties._asdict(),
        **{name: getattr(each, name) for name in own},
        "nonlinear_share": each.nonlinear_share,
        "simulation_error": each.simulation_error,
    }


def export_file(each: Characterisation, suffix: str) -> bytes:
    """Return a file of a characterisation for other programs: `.npz`, or `.mat` of MATLAB 5."""
    arrays: Mapping[str, Any] = export_arrays(each)
    if suffix == ".npz":
        return archive(arrays)
    from scipy.io import savemat  # slow to import

    buffer = io.BytesIO()
    savemat(buffer, dict(arrays), long_field_names=True, oned_as="column")
    return buffer.getvalue()
