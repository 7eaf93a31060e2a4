"""Figures, tables and the section of a report on trained networks as dynamical systems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from experiments.report.characterisation_table import (
    MEASURES,
    characterisation_table,
    describe_limits,
    fixed_points_table,
    list_measures,
    poles_table,
    spread_measures,
    to_list,
)
from experiments.report.figures.characterisation_figures import SYSTEM_FIGURES, characterisation_figures
from experiments.report.html import render_report
from experiments.report.summary import summarize
from experiments.report.sweep_record import ConfirmationTrial, load_sweep
from experiments.report.table import csv_text
from linrnn.analysis.characterisation import Characterisation, characterise
from linrnn.baseline.lag_regression import least_squares_kernel
from linrnn.models import MODELS
from linrnn.models.network import build_network
from linrnn.tasks.product import Product
from tests.conftest import Golden
from tracking.runs.query import find_sweeps

SPLITS = Product().splits()
KERNEL = least_squares_kernel(SPLITS, 0, 3)


def network(model: str, scale: float = 1.0, replica: int = 0) -> Characterisation:
    torch.manual_seed(replica)
    new = build_network(MODELS[model](hidden_size=4), 1, 1)
    with torch.no_grad():
        new.get_parameter("W").mul_(scale)
    return characterise(new, SPLITS.val, KERNEL, replica)


def replace_kernel(trial: ConfirmationTrial, kernel: np.ndarray) -> ConfirmationTrial:
    assert trial.characterisation is not None
    return replace(trial, characterisation=replace(trial.characterisation, kernel=kernel))


@pytest.fixture(scope="module")
def networks() -> list[Characterisation]:
    """A stable and an unstable linear network, a tanh network, and one without a fixed point that was found."""
    tanh = network("tanh")
    matrices, vectors = "ABCD", ("state_offset", "output_offset", "initial_state", "fixed_points", "fixed_point_poles")
    none = {**dict.fromkeys(matrices, np.zeros((0, 0))), **dict.fromkeys(vectors, np.zeros(0))}
    lost = replace(tanh, replica=1, **none)  # type: ignore[arg-type]
    return [network("linear"), network("linear", 3.0, 1), tanh, lost]


def test_figures_have_the_numbers_of_the_networks(networks: list[Characterisation]) -> None:
    pictures = {picture.name: picture for picture in characterisation_figures(networks)}
    assert tuple(pictures) == SYSTEM_FIGURES
    poles = [row[2] + 1j * row[3] for row in pictures["poles"].table.rows if row[:2] == ("linear", 0)]
    assert np.allclose(poles, networks[0].properties.poles)
    responses = pictures["responses"].table.rows
    impulse = [row[4] for row in responses if row[:3] == ("linear", 0, "time")]
    assert np.allclose(impulse, networks[0].properties.impulse_response[:, 0, 0])
    baseline = [row[4] for row in responses if row[0] == "least squares" and row[2] == "time"]
    assert baseline[:4] == KERNEL[:, 0, 0].tolist()
    assert set(baseline[4:]) == {0.0}
    gains = {row[6]: row[7:] for row in responses if row[:3] == ("linear", 0, "frequency")}
    spectrum = np.fft.rfft(np.array(impulse), 200)  # 0, 0.005, ..., 0.5 cycles per step
    assert np.allclose([gain for gain, _ in gains.values()], np.abs(spectrum), atol=1e-9)
    delays = {row[6]: row[8] for row in responses if row[0] == "least squares" and row[2] == "frequency"}
    assert np.allclose(delays[0.0], (np.arange(4) @ KERNEL[:, 0, 0]) / KERNEL.sum())
    index = [row[3] for row in pictures["linearity"].table.rows if row[:2] == ("tanh", 0)]
    assert index == networks[2].superposition_index.tolist()


def test_figures_are_drawn_in_the_ink_of_a_page(networks: list[Characterisation]) -> None:
    for picture in characterisation_figures(networks):
        assert picture.png().startswith(b"\x89PNG")
        assert "currentColor" in picture.svg()
        assert len(csv_text(picture.table).splitlines()) == len(picture.table.rows) + 1


def test_tables_and_measures(networks: list[Characterisation]) -> None:
    linear, unstable, tanh, lost = map(list_measures, networks)
    assert linear.keys() == MEASURES.keys()
    assert linear["spectral_radius"] == pytest.approx(np.abs(np.linalg.eigvals(networks[0].A)).max())
    assert linear["fixed_points"] is None
    assert unstable["spectral_radius"] is not None
    assert unstable["spectral_radius"] > 1
    assert (tanh["fixed_points"], tanh["simulation_error"], lost["fixed_points"]) == (1, None, 0)
    assert lost["spectral_radius"] is None
    header, rows = characterisation_table(networks)
    assert header[1:3] == ("linear, replica 0", "linear, replica 1")
    assert all(len(row) == len(header) for row in rows)
    spread = spread_measures(networks[:2])["spectral_radius"]
    assert spread is not None
    assert spread[1] == pytest.approx((linear["spectral_radius"] + unstable["spectral_radius"]) / 2)
    assert spread_measures(networks[:2])["fixed_points"] is None
    moduli = [float(row[0]) for row in poles_table(networks[0]).rows]
    assert moduli == sorted(moduli, reverse=True)
    assert to_list(np.array([1 + 2j, np.inf])) == [[1.0, 2.0], [None, 0.0]]


def test_what_to_know_is_said(networks: list[Characterisation]) -> None:
    linear, unstable, tanh, lost = networks
    assert describe_limits(linear) == describe_limits(tanh) == []
    assert [limit.partition(",")[0] for limit in describe_limits(unstable)] == ["unstable"]
    assert [limit.partition(",")[0] for limit in describe_limits(lost)] == ["no fixed point was found"]
    few = replace(linear, kernel=np.empty((0, 1, 1)))
    assert describe_limits(few) == ["the inputs are too few for a best linear approximation"]


def test_fixed_points_have_their_kinds(networks: list[Characterisation]) -> None:
    poles = np.array([[0.5, 0.1j], [1.5, 0.5], [1.5, -1.2]])
    states = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 1.0]])
    table = fixed_points_table(replace(networks[2], fixed_points=states, fixed_point_poles=poles))
    assert [row[2] for row in table.rows] == ["stable", "saddle, 1 unstable", "repeller"]
    assert table.rows[0][:2] == ("5", "0.5000")


def test_a_report_has_a_section_where_the_record_has_the_networks(golden: Golden) -> None:
    record = load_sweep(golden.store, find_sweeps(golden.store)[0])
    assert [each.model for each in record.characterisations] == record.models
    summary, pictures = summarize(record), characterisation_figures(record.characterisations)
    text = render_report(record, summary, pictures).decode()
    assert "The networks as dynamical systems" in text
    assert all(text.count(f'<figure id="{name}">') == 1 for name in SYSTEM_FIGURES)
    kernel = np.empty((0, 1, 1))
    short = replace(record, confirmations=[replace_kernel(each, kernel) for each in record.confirmations])
    assert "linear: the inputs are too few" in render_report(short, summary, pictures).decode()
    earlier = replace(record, confirmations=[replace(each, characterisation=None) for each in record.confirmations])
    assert characterisation_figures(earlier.characterisations) == []
    assert "dynamical systems" not in render_report(earlier, summary, []).decode()
