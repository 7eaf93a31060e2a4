"""`python -m tests.browser.pictures STORE`: pictures for the documentation, from a swept store.

The store is of `make sweep`, in a folder of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from experiments.benchmark.chromium import open_browser, serve_store
from tests.conftest import free_port
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import run_link, table_link
from tracking.runs.query import last_sweeps
from tracking.schema import SWEEPS
from tracking.store.access import Store, existing_store

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
TASK = "xor"
WINDOW = {"width": 1500, "height": 960}
SETTLING = 5000  # ms for charts to be drawn


def shoot(page: Page, link: str, name: str) -> None:
    """A picture of what a link leads to."""
    page.goto(link)
    page.wait_for_timeout(SETTLING)
    page.screenshot(path=IMAGES / name)


def pictures(store: Store, page: Page, base: str) -> None:
    """The UI's, in the order in which one comes to them."""
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    page.goto(base)
    page.get_by_text("MLflow Assistant").wait_for()
    page.get_by_role("button", name="Close").first.click()
    experiment, sweep = experiment_id(store, TASK), last_sweeps(store)[TASK]
    shoot(page, table_link(base, experiment, "charts"), "charts.png")
    shoot(page, table_link(base, experiment), "runs.png")
    page.goto(run_link(base, sweep.info.experiment_id, sweep.info.run_id))
    page.get_by_text("Show more").click()
    page.wait_for_timeout(SETTLING)
    page.screenshot(path=IMAGES / "sweep.png")


def report(store: Store, page: Page) -> None:
    """Where the report's figures begin."""
    with TemporaryDirectory(prefix="linrnn-pictures-") as folder:
        path = Path(folder, "report.html")
        command = [sys.executable, "-m", "experiments", "report", TASK, "--store", str(store.folder), "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        page.set_viewport_size({"width": 900, "height": 1100})
        page.goto(path.as_uri())
        page.get_by_role("heading", name="The figures").evaluate("heading => heading.scrollIntoView()")
        page.screenshot(path=IMAGES / "report.png")


def main() -> None:
    """Draw all of them."""
    store, port = existing_store(sys.argv[1]), free_port()
    assert SWEEPS in {found.name for found in store.client.search_experiments()}, "sweep first"
    with serve_store(store.folder, port), sync_playwright() as playwright, open_browser(playwright) as context:
        page = context.new_page()
        pictures(store, page, f"http://127.0.0.1:{port}")
        report(store, page)


if __name__ == "__main__":
    main()
