"""Figures of results are drawn from the files of results."""

from __future__ import annotations

from PIL import Image

from docs.figures import SOURCE, digest_result, draw_suite
from docs.tables import DOCS, read_result


def test_the_suite_s_figure_is_that_of_its_results() -> None:
    with Image.open(DOCS / "images" / "suite.png") as image:
        assert image.info[SOURCE] == digest_result("suite")


def test_every_task_is_a_row() -> None:
    result = read_result("suite")
    (axes,) = draw_suite(result).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [row[0] for row in result["rows"]]
    medians = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert len(medians) == 2 * len(result["rows"])
