"""`python -m docs.screenshots STORE` photographs the pages of linrnn for the documentation.

The store is that of `linrnn sweep sine xor sunspots`, in a folder of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from experiments.benchmark.chromium import open_browser, serve_store
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import run_link, table_link
from tracking.mlflow_ui.views import CHARTS
from tracking.runs.query import last_sweeps
from tracking.store.access import Store, existing_store

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).resolve().parent / "images"
TASK = "xor"
WINDOW = (1500, 960)  # pixels
REPORT = (1120, 690)
CARDS = (1280, 680)
STARTING = 120_000  # ms for a page to be loaded
SETTLING = 20_000  # ms for charts to be drawn


def main(folder: str) -> None:
    """Photograph the start page, a report, and the pages of the MLflow UI."""
    store = existing_store(folder)
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with serve_store(Path(folder), port), open_page() as page:
        photograph_pages(store, page, f"http://127.0.0.1:{port}")


@contextmanager
def open_page() -> Iterator[Page]:
    """Open a page of a browser with a new profile."""
    with sync_playwright() as playwright, open_browser(playwright) as context:
        context.set_default_timeout(STARTING)
        yield context.new_page()


def photograph_pages(store: Store, page: Page, base: str) -> None:
    """Write all images; the start page comes first, as it keeps MLflow's assistant closed."""
    experiment, sweep = experiment_id(store, TASK), last_sweeps(store)[TASK]
    photograph(page, f"{base}/start", "start", CARDS)
    photograph(page, f"{base}/start/report/{sweep.run_id}", "report", REPORT)
    photograph(page, table_link(base, experiment, CHARTS), "charts", WINDOW)
    photograph(page, table_link(base, experiment), "runs", WINDOW)
    page.goto(run_link(base, sweep.info.experiment_id, sweep.run_id))
    page.get_by_text("Show more").click()
    write_image(page, "sweep")


def photograph(page: Page, address: str, name: str, size: tuple[int, int]) -> None:
    """Write an image of what is at an address."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    write_image(page, name)


def write_image(page: Page, name: str) -> None:
    """Write an image of a page when it is drawn."""
    page.wait_for_timeout(SETTLING)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1])
