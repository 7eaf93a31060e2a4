"""What a user does in the MLflow UI, from the printed links on, without setting anything up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import pytest

from linrnn.models import DEFAULT_MODELS
from tests.browser.conftest import WAIT, Swept
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import run_link, table_link

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
Found = TypeVar("Found")
PAINTED = "all => all.some(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))"
CURVES = "plot => (plot.data || []).filter(line => line.x && line.x.length > 1).map(line => line.name)"
BARS = "plot => (plot.data || []).flatMap(bars => Array.from(bars.y || []))"
WIDTH = "image => image.naturalWidth"
ROW = 320  # pixels: height of a row of charts


def becomes(look: Callable[[], Found], wanted: Found) -> None:
    """What is seen comes to be what is wanted, as the UI works on it."""
    deadline = time.monotonic() + WAIT / 1000
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen == wanted


def chart(page: Page, title: str) -> Locator:
    """Return the card of a chart, in view; the UI renders only the cards that the user has scrolled to."""
    cards = page.get_by_test_id("experiment-view-compare-runs-card")
    card = cards.filter(has=page.get_by_text(title, exact=True)).first
    cards.first.wait_for()
    deadline = time.monotonic() + WAIT / 1000
    while not card.count() and time.monotonic() < deadline:
        cards.last.hover()
        page.mouse.wheel(0, ROW)
        page.wait_for_timeout(500)
    card.scroll_into_view_if_needed()
    return card


def traced(page: Page, title: str, what: str = CURVES) -> Callable[[], set[str]]:
    """Looks at which names a chart has drawn."""
    plot = chart(page, title).locator(".js-plotly-plot")
    plot.wait_for()
    return lambda: {str(name) for name in plot.evaluate(what)}


def runs(page: Page) -> list[str]:
    """Names of the runs in the table, from the top."""
    rows = page.locator("[row-id]").filter(has=page.locator("a[href*='/runs/']"))
    rows.first.wait_for()
    found = rows.evaluate_all(
        "rows => rows.map(row => [+row.getAttribute('row-index'), row.querySelector('a[href*=\"/runs/\"]').innerText])"
    )
    return [name for _, name in sorted(found)]


def trials(swept: Swept) -> str:
    return table_link(swept.base, experiment_id(swept.store, "sine"))


def test_the_printed_link_draws_the_curves_of_all_trials_of_both_model_types(page: Page, swept: Swept) -> None:
    assert all(swept.names(model) for model in DEFAULT_MODELS)
    assert len(swept.names()) > 10  # of which the UI itself would draw no more
    page.goto(swept.links["sine"])
    for title in ("val_loss", "train_loss"):
        becomes(traced(page, title), swept.names())
        assert chart(page, title).locator(".js-plotly-plot path.js-line").count() >= len(swept.names())


def test_the_search_is_drawn_over_hidden_size_and_learning_rate(page: Page, swept: Swept) -> None:
    page.goto(swept.links["sine"])
    panel = chart(page, "Parallel Coordinates").locator(".parcoords")
    axes = panel.locator(".dimension .label")
    becomes(lambda: set(axes.all_text_contents()), {"model", "hidden_size", "learning_rate", "objective"})
    becomes(lambda: panel.locator("canvas").evaluate_all(PAINTED), True)
    for setting in ("hidden_size", "learning_rate"):
        points = chart(page, f"log10_{setting} vs. log10_objective").locator(".js-plotly-plot path.point")
        becomes(points.count, len(swept.trials))


def test_a_filter_leaves_one_model_type(page: Page, swept: Swept) -> None:
    page.goto(trials(swept))
    becomes(lambda: set(runs(page)), swept.names())
    box = page.get_by_test_id("search-box")
    box.fill("params.model = 'linear'")
    box.press("Enter")
    becomes(lambda: set(runs(page)), swept.names("linear"))


def test_the_trials_are_listed_the_best_first(page: Page, swept: Swept) -> None:
    page.goto(trials(swept))
    best = sorted(swept.trials, key=lambda run: run.data.metrics["objective"])
    becomes(lambda: runs(page), [run.info.run_name for run in best])


def test_the_user_groups_by_model_type(page: Page, swept: Swept) -> None:
    page.goto(trials(swept))
    page.get_by_role("button", name="Group by").click()
    page.get_by_role("menuitemcheckbox", name="model", exact=True).click()
    groups = page.locator("[row-id]").filter(has_text="Group:")
    becomes(lambda: {re.findall(r"Group: (\w+)", text)[0] for text in groups.all_inner_texts()}, set(DEFAULT_MODELS))


def test_descriptions_link_to_every_view(page: Page, swept: Swept) -> None:
    page.goto(swept.links["sine"])
    links = page.locator("a[href*=viewStateShareKey][target=_blank]")
    links.first.wait_for()
    names = links.all_inner_texts()
    assert len(names) == 4
    for name in names:
        with page.context.expect_page() as opened:
            page.get_by_role("link", name=name).click()
        view = opened.value
        becomes(view.get_by_test_id("saved-views-trigger").inner_text, name)
        if name == "confirmations by model type":
            drawn = chart(view, "val_loss")
            becomes(
                lambda card=drawn: {model for model in DEFAULT_MODELS if f"{model} (val_loss)" in card.inner_text()},
                set(DEFAULT_MODELS),
            )
            becomes(traced(view, "test_loss", BARS), {f"param.model.{model}" for model in DEFAULT_MODELS})


def test_two_runs_are_compared(page: Page, swept: Swept) -> None:
    confirmations = [run.info for run in swept.trials if run.data.tags["phase"] == "confirmation"]
    page.goto(trials(swept))
    for run in confirmations:
        page.locator(f"[row-id='{run.run_id}'] .ag-checkbox").first.click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("Comparing 2 Runs").wait_for()
    for run in confirmations:
        page.get_by_role("cell", name=run.run_name).first.wait_for()
    lines = page.locator(".js-plotly-plot .parcoords-line-layers, .js-plotly-plot canvas")
    becomes(lambda: lines.count() > 0, True)


def test_a_trial_shows_its_curves_and_their_plot(page: Page, swept: Swept) -> None:
    run = swept.trials[0].info
    page.goto(run_link(swept.base, run.experiment_id, run.run_id))
    page.get_by_role("tab", name="Model metrics").click()
    for title in ("val_loss", "train_loss"):
        becomes(traced(page, title), {run.run_name})
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("curves.png").click()
    becomes(lambda: page.get_by_role("img", name="curves.png").evaluate(WIDTH) > 0, True)


def test_a_sweep_shows_its_verdict_and_its_figures(page: Page, swept: Swept) -> None:
    page.goto(swept.links["sweeps"])
    page.get_by_role("gridcell", name=swept.sweep.data.tags["verdict"]).wait_for()
    page.get_by_role("link", name=swept.sweep.info.run_name).click()
    page.get_by_text("Show more").click()
    described = page.locator("table").first
    becomes(described.locator("th").all_inner_texts, ["sine", *DEFAULT_MODELS])
    becomes(lambda: "Diebold-Mariano p" in described.inner_text(), True)
    for run in (each for each in swept.trials if each.data.tags.get("best")):
        page.get_by_text(f"linrnn reproduce {run.info.run_id}").wait_for()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("figures", exact=True).click()
    for name in ("confirmation.png", "search.png"):
        page.get_by_text(name).click()
        becomes(lambda name=name: page.get_by_role("img", name=name).evaluate(WIDTH) > 0, True)
    page.get_by_text("report.html").click()
    report = page.frame_locator("iframe")
    report.get_by_role("heading", name="Does sine need the nonlinearity?").wait_for()
    becomes(report.locator("figure svg").count, 8 + 4)


def test_the_best_runs_are_registered(page: Page, swept: Swept) -> None:
    page.goto(f"{swept.base}/#/models?workflowType=machine_learning")
    for study in swept.sweep.data.tags["studies"].split(", "):
        page.get_by_role("link", name=study, exact=True).wait_for()
    becomes(lambda: page.get_by_text("@ best").count(), len(DEFAULT_MODELS))
