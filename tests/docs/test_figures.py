"""Figures of results are drawn from the files of results."""

from __future__ import annotations

import pytest
from PIL import Image

from docs.figures import SOURCE, digest_result, draw_calibration, draw_claim, draw_suite, draw_system
from docs.record import SYSTEMS
from docs.tables import DOCS, read_result
from experiments.claims.catalog import CLAIMS


@pytest.mark.parametrize(
    ("name", "result"),
    [("suite", "suite"), ("calibration", "calibration"), *((f"claims-{letter}", "claims") for letter in CLAIMS)],
)
def test_a_figure_is_that_of_its_results(name: str, result: str) -> None:
    with Image.open(DOCS / "images" / f"{name}.png") as image:
        assert image.info[SOURCE] == digest_result(result)


@pytest.mark.parametrize("letter", list(CLAIMS))
def test_a_claims_figure_is_drawn_from_its_file(letter: str) -> None:
    assert draw_claim(read_result("claims"), letter).axes


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_figures_of_a_system_are_those_of_its_transcript(name: str) -> None:
    result = read_result(name)
    for part in result.get("figures", ()):
        with Image.open(DOCS / "images" / f"{name}-{part}.png") as image:
            assert image.info[SOURCE] == digest_result(name)
        assert draw_system(result, part).axes


def test_every_length_of_the_calibration_is_a_panel() -> None:
    result = read_result("calibration")
    axes = draw_calibration(result).axes
    lengths = [row[0] for row in result["rows"] if row[0] != "all"]
    assert [each.get_title(loc="left") for each in axes] == [f"{rows} rows" for rows in lengths]


def test_every_task_is_a_row() -> None:
    result = read_result("suite")
    (axes,) = draw_suite(result).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [row[0] for row in result["rows"]]
    medians = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert len(medians) == 2 * len(result["rows"])
