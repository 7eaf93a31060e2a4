"""From a command to its first word, to the start page, and what `linrnn reproduce` takes beside the training."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.error import URLError

from experiments.benchmark.timer import Spread, spread
from experiments.report.start_page import START
from tracking.runs.query import find_sweeps, find_trials
from tracking.schema import Artifact, Tag
from tracking.store.access import existing_store

REPEATS = 3
STARTING_SECONDS = 60  # after which a server has not answered
POLL_SECONDS = 0.05


def first_words(folder: Path) -> dict[str, Spread]:
    """Return the seconds to the first word of the commands that read a store, by command."""
    sweep = find_sweeps(existing_store(folder))[-1]
    commands: Mapping[str, list[str]] = {
        "list": ["list"],
        "show": ["show", sweep.run_id],
        "compare": ["compare"],
        "report": ["report", "-o", str(folder / Artifact.REPORT)],
        "doctor": ["doctor"],
    }
    return {name: repeat(partial(first_word, words, folder)) for name, words in commands.items()}


def repeat(measure: Callable[[], float]) -> Spread:
    """Return the spread of a time, measured some times."""
    return spread([measure() for _ in range(REPEATS)])


def first_word(words: list[str], folder: Path) -> float:
    """Return the seconds from the start of a command to the first byte that it prints; then end it."""
    begin = time.perf_counter()
    with run_command(words, folder) as process:
        try:
            if not (process.stdout and process.stdout.read(1)):
                raise RuntimeError(f"linrnn {words[0]} printed nothing")
            return time.perf_counter() - begin
        finally:
            process.kill()


def run_command(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a command on a store."""
    command = [sys.executable, "-m", "experiments", *words, "--store", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)


def start_page_seconds(folder: Path, port: int) -> float:
    """Return the seconds from the start of `linrnn ui` to its start page."""
    begin = time.perf_counter()
    with run_command(["ui", "--port", str(port)], folder) as process:
        try:
            while time.perf_counter() - begin < STARTING_SECONDS:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{START}", timeout=STARTING_SECONDS):
                        return time.perf_counter() - begin
                except URLError:
                    time.sleep(POLL_SECONDS)
            raise RuntimeError("linrnn ui served no start page")
        finally:
            process.kill()


def reproduction_rest(folder: Path) -> float:
    """Return the seconds of `linrnn reproduce` on a trial, less those of the training itself."""
    store = existing_store(folder)
    sweep = find_sweeps(store)[-1]
    trial = next(run for run in find_trials(store, sweep.task) if run.has_result)
    begin = time.perf_counter()
    with run_command(["reproduce", trial.run_id], folder) as process:
        process.communicate()
    total = time.perf_counter() - begin
    reruns = [run for run in find_trials(store, sweep.task) if run.find_tag(Tag.ORIGINAL) == trial.run_id]
    return total - reruns[-1].seconds
