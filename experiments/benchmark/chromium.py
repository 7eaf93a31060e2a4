"""A real browser on the MLflow UI: Debian's Chromium, driven by Playwright, with a profile of its own that is new."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Playwright

QUIET = (  # no request of its own, to anywhere
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
WINDOW = (1600, 1000)  # pixels


def missing_program() -> str | None:
    """What is not installed, of the two; None where both are."""
    if shutil.which("chromium") is None:
        return "Chromium"
    return None if find_spec("playwright") else "Playwright"


@contextmanager
def open_browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser as a new user has it."""
    width, height = WINDOW
    with tempfile.TemporaryDirectory(prefix="linrnn-chromium-") as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium"),
            args=list(QUIET),
            viewport={"width": width, "height": height},
        )
        try:
            yield context
        finally:
            context.close()


@contextmanager
def serve_store(store: Path, port: int) -> Iterator[tuple[int, dict[str, str]]]:
    """A real `linrnn ui` over a store: its process id, and the links that it prints, by name."""
    command = [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, read_links(process)
        finally:
            process.terminate()


def read_links(process: subprocess.Popen[str]) -> dict[str, str]:
    """Name -> link, once they are printed; the sweeps' is the last."""
    links: dict[str, str] = {}
    assert process.stdout
    for text in process.stdout:
        name, _, link = text.strip().partition(": ")
        if link.startswith("http"):
            links[name] = link
        if name == "sweeps":
            return links
    raise RuntimeError("linrnn ui ended before it printed its links")
