"""A browser for the MLflow UI: Debian's Chromium with a new profile, driven by Playwright."""

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

QUIET = (  # disables the browser's own requests
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
    """Return which of the two is not installed, or None."""
    if shutil.which("chromium") is None:
        return "Chromium"
    return None if find_spec("playwright") else "Playwright"


@contextmanager
def open_browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """Open a browser with a new profile."""
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
    """Run `linrnn ui` on a store; yield its process id and its links by name."""
    command = [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, read_links(process)
        finally:
            process.terminate()


def read_links(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return the links by name, read from the output up to that of the sweeps."""
    links: dict[str, str] = {}
    assert process.stdout
    for text in process.stdout:
        name, _, link = text.strip().partition(": ")
        if link.startswith("http"):
            links[name] = link
        if name == "sweeps":
            return links
    raise RuntimeError("linrnn ui exited before it printed its links")
