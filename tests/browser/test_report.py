"""The report of a sweep in a real browser, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from linrnn.models import DEFAULT_MODELS
from tests.browser.conftest import Swept

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WIDTHS = {"desk": 1280, "phone": 390}
OVERFLOWING = "() => document.documentElement.scrollWidth > innerWidth"
GROUND = "() => getComputedStyle(document.body).backgroundColor"
HEIGHTS = "figure => Array.from(figure.querySelectorAll('text')).map(text => text.getBoundingClientRect().height)"
INK = "text => getComputedStyle(text).fill"
BEGINNING = """() => Array.from(document.querySelectorAll('h1, h2, .verdict, table, figure'))
  .map(each => each.id || each.localName)"""
CUT = """() => Array.from(document.querySelectorAll('table')).filter(table => {
  const box = table.closest('.wide').getBoundingClientRect();
  return box.left < 0 || box.right > innerWidth || getComputedStyle(table.closest('.wide')).overflowX !== 'auto';
}).length"""  # tables that are not in a box of their own within the window
LEAST_PIXELS = 7  # of the words of a figure: their height


@pytest.fixture(scope="module")
def report(swept: Swept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written by the real command."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    command = [sys.executable, "-m", "experiments", "report", "--store", str(swept.store.folder), "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
def test_it_is_read_on_any_screen(page: Page, report: Path, screen: str, scheme: str) -> None:
    page.set_viewport_size({"width": WIDTHS[screen], "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == "Does sine need the nonlinearity?"
    assert page.locator("table").first.locator("th").all_inner_texts() == ["", *DEFAULT_MODELS]
    assert page.evaluate(BEGINNING)[:5] == ["h1", "p", "predictions", "confirmation", "h2"]
    assert not page.evaluate(OVERFLOWING)
    assert page.evaluate(CUT) == 0
    figures = page.locator("figure svg")
    assert figures.count() == 8 + 4  # those of the sweep, and of what its networks are
    for figure in figures.all():
        box = figure.bounding_box()
        assert box
        assert 0.75 * min(WIDTHS[screen], 576) < box["width"] <= WIDTHS[screen]
        assert min(figure.evaluate(HEIGHTS)) > LEAST_PIXELS
    light = page.evaluate(GROUND) == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    ink = figures.first.locator("text").first.evaluate(INK)
    assert (sum(int(part) for part in ink[4:-1].split(", ")) < 384) == light  # dark on light, light on dark


def test_the_numbers_of_a_figure_are_saved(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    with page.expect_download() as saved:
        page.get_by_role("link", name="The numbers (CSV)").first.click()
    assert saved.value.suggested_filename == "sine-predictions.csv"
    assert saved.value.path().read_text().splitlines()[0] == "model,sequence,step,target,prediction"


def test_all_trials_are_listed_when_asked_for(page: Page, report: Path, swept: Swept) -> None:
    page.goto(report.as_uri())
    page.get_by_text("All 16 trials of the search").click()
    best = next(run for run in swept.trials if run.data.tags.get("best"))
    row = page.get_by_role("row").filter(has_text=best.info.run_id[:8])
    assert row.get_by_role("cell").first.inner_text() == best.data.params["model"]
