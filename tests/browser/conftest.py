"""The MLflow UI in a real Chromium, over a store that a real sweep made."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlparse

import pytest
from mlflow.entities import Run

from experiments.benchmark.chromium import missing_program, open_browser, serve_store
from tests.conftest import free_port, lacking
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.schema import SWEEPS
from tracking.store.access import Store, existing_store

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

SWEEP = ("sine", "--trials", "8", "--no-pruning", "--replicas", "2", "--epochs", "20", "--workers", "2")
WAIT = 20_000  # ms for the UI to show something
NO_LOGIN = "/ajax-api/2.0/mlflow/users/current"  # the UI asks a server without logins who is logged in: 404
DRAWN_TOO_EARLY = re.compile(  # its charts, drawn before their panels have their sizes, and then again
    r'Error: <(g|path|rect)> attribute (transform|d|x|height): (.*NaN.*|A negative value is not valid\. \("-.*"\))'
    r"|(null )?ResizeObserver loop completed with undelivered notifications\."
)


class Swept(NamedTuple):
    """What the sweep left: its store, its trials and its own run; and where the UI shows them."""

    store: Store
    trials: Sequence[Run]
    sweep: Run
    base: str
    links: dict[str, str]

    def names(self, model: str = "") -> set[str]:
        """Names of all trials' runs, or of one model type's."""
        return {run.info.run_name for run in self.trials if model in ("", run.data.params["model"])}


class Complaints:
    """What a browser complained of, and what it asked others than this machine for."""

    def __init__(self, context: BrowserContext) -> None:
        self.found: list[str] = []
        context.on("console", self.console)
        context.on("weberror", lambda error: self.found.append(f"error: {error.error}"))
        context.on("response", self.response)
        context.on("request", self.request)

    def console(self, message: ConsoleMessage) -> None:
        known = message.location["url"].endswith(NO_LOGIN) or DRAWN_TOO_EARLY.fullmatch(message.text.strip())
        if message.type == "error" and not known:
            self.found.append(f"console: {message.text}")

    def response(self, response: Response) -> None:
        if response.status >= 400 and not response.url.endswith(NO_LOGIN):
            self.found.append(f"{response.status}: {response.url}")

    def request(self, request: Request) -> None:
        url = urlparse(request.url)
        if url.hostname != "127.0.0.1" and url.scheme not in ("data", "blob", "file"):
            self.found.append(f"request: {request.url}")


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swept]:
    """A real sweep of both model types, and a real `linrnn ui` over its store."""
    folder = tmp_path_factory.mktemp("browser") / "store"
    command = [sys.executable, "-m", "experiments", "sweep", *SWEEP, "--store", str(folder), "-q"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    store, port = existing_store(folder), free_port()
    trials = store.client.search_runs([experiment_id(store, "sine")])
    (sweep,) = store.client.search_runs([experiment_id(store, SWEEPS)])
    with serve_store(Path(folder), port) as (_, links):
        yield Swept(store, trials, sweep, f"http://127.0.0.1:{port}", links)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Of these tests alone: while it runs, no other event loop can run in this thread."""
    if what := missing_program():
        lacking(what)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        yield running


@pytest.fixture
def page(playwright: Playwright, swept: Swept) -> Iterator[Page]:
    """A page of a browser that was never used before; it may complain of nothing, and ask this machine alone."""
    with open_browser(playwright) as context:
        context.set_default_timeout(WAIT)
        complaints = Complaints(context)
        yield context.new_page()
    assert complaints.found == []
