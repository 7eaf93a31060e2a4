"""A store of thousands of trials: times of `compare` and of the run list in the MLflow UI, and memory."""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psutil

from experiments.benchmark.chromium import missing_program, open_browser, serve_store
from experiments.benchmark.first_word_times import first_words, repeat, reproduction_rest, start_page_seconds
from experiments.benchmark.timer import Spread, spread
from experiments.cli.text import show_comparisons
from experiments.report.summary import summarize
from experiments.report.sweep_record import load_sweep
from experiments.report.trial_artifacts import trial_artifacts
from experiments.search.sweep_config import SweepConfig, sweep_config
from experiments.workflows.finish import finish_sweep
from experiments.workflows.resume import begin_or_resume, study_names
from experiments.workflows.sweep_runner import run_data_tests, sweep_files
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import compute_baselines
from linrnn.models import DEFAULT_MODELS
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import table_link
from tracking.runs.query import require_sweeps
from tracking.runs.writer import end_run, record_trial
from tracking.schema import Artifact, Param, Phase, Tag
from tracking.store.access import Store, existing_store, open_store

if TYPE_CHECKING:
    from playwright.sync_api import Page

TRIALS = 2000
REPEATS = 3
SMALL = {"training.epochs": "20", "training.replicas": "2", "sweep.confirmation": "10"}
TASK = "sine"
SMALL_STORE = ("sine", "delay", "xor")  # tasks with a sweep each
SMALL_TRIALS = 20  # of each sweep


class UiCost(NamedTuple):
    """Cost of the UI: seconds to list the runs, in a tab that has it open and in a new one, and memory in MB."""

    listing: Spread
    new_tab: Spread
    memory: float


class LargeStoreTimes(NamedTuple):
    """Times with a store of many trials: seconds to compare, and the cost of the UI where there is a browser."""

    trials: int
    compare: Spread
    first_words: Mapping[str, Spread]
    ui: UiCost | None


class SmallStoreTimes(NamedTuple):
    """Seconds with a store of a few sweeps: to the first word of commands, to the start page, beside a training."""

    sweeps: int
    first_words: Mapping[str, Spread]
    start_page: Spread
    reproduction_rest: Spread


def measure_large_store(quick: bool) -> LargeStoreTimes:
    """Create a large store and measure it."""
    trials = 20 if quick else TRIALS
    with tempfile.TemporaryDirectory(prefix="linrnn-thousands-") as folder:
        create_large_store(Path(folder), trials)
        compare = spread([time_comparison(folder) for _ in range(REPEATS)])
        words = first_words(Path(folder))
        return LargeStoreTimes(trials, compare, words, None if missing_program() else measure_ui(Path(folder)))


def measure_small_store() -> SmallStoreTimes:
    """Create a store of three sweeps and measure it."""
    with tempfile.TemporaryDirectory(prefix="linrnn-sweeps-") as name:
        folder = Path(name)
        for task in SMALL_STORE:
            create_large_store(folder, SMALL_TRIALS, task)
        words = first_words(folder)
        start_page = repeat(lambda: start_page_seconds(folder, free_port()))
        return SmallStoreTimes(len(SMALL_STORE), words, start_page, repeat(lambda: reproduction_rest(folder)))


def create_large_store(folder: Path, trials: int, task: str = TASK, originals: int | None = None) -> Store:
    """Create a store with one finished sweep of `trials` trials, from one training per model type.

    With `originals`, of only so many trials of all.
    """
    store = open_store(folder)
    config = sweep_config(task, DEFAULT_MODELS, {**SMALL, Param.TRIALS: str(trials // len(DEFAULT_MODELS))})
    names = study_names(config, store, fresh=False)
    data = config.bases[0].task.load()
    baselines = compute_baselines(data.task, data.splits)
    tests, _ = run_data_tests(data, baselines)
    files = sweep_files(data, baselines, tests)
    run_id = begin_or_resume(config, store, names, None, files)
    place: dict[str, str] = {Tag.PARENT: run_id}
    for base, name in zip(config.bases, names, strict=True):
        count = min(originals or trials, trials) // len(DEFAULT_MODELS)
        for number, result in enumerate(vary_trial(run_trial(base), count)):
            tags: dict[str, str] = {**place, Tag.PHASE: Phase.SEARCH, Tag.STUDY: name, Tag.TRIAL: str(number)}
            record_trial(store, result, f"{base.model.name} {number:02d}", tags)
        result = run_trial(confirmation(config, base), artifacts=trial_artifacts, test=True)
        tags = {**place, Tag.PHASE: Phase.CONFIRMATION}
        record_trial(store, result, f"{base.model.name} confirmation", tags, omit={Artifact.BASELINES})
    finish_sweep(store, run_id)
    end_run(store, run_id, "FINISHED")
    return store


def confirmation(config: SweepConfig, base: TrialConfig) -> TrialConfig:
    """Return the config of a confirmation."""
    return replace(base, training=replace(base.training, replicas=config.confirmation))


def vary_trial(result: TrialResult, count: int) -> Iterator[TrialResult]:
    """Yield `count` trials with other learning rates and losses, the weights of `result` and no figure."""
    for factor in np.geomspace(0.1, 10, count):
        training = replace(result.config.training, learning_rate=float(0.01 * factor))
        progress = replace(result.history, val_loss=result.history.val_loss * factor)
        yield replace(result, config=replace(result.config, training=training), history=progress, files={})


def time_comparison(folder: str) -> float:
    """Return the seconds of `linrnn compare`, without its imports."""
    start = time.perf_counter()
    store = existing_store(folder)
    summaries = [summarize(load_sweep(store, sweep)) for sweep in require_sweeps(store, [TASK])]
    with redirect_stdout(StringIO()):
        show_comparisons(store, summaries)
    return time.perf_counter() - start


def measure_ui(folder: Path) -> UiCost:
    """Time the list of runs, opened by its link, and measure the memory of the server's processes."""
    from playwright.sync_api import sync_playwright

    experiment = experiment_id(existing_store(folder), TASK)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    link = table_link(base, experiment)
    with (
        serve_store(folder, port) as (process, _),
        sync_playwright() as playwright,
        open_browser(playwright) as context,
    ):
        new, again = [], []
        for _ in range(REPEATS):
            page = context.new_page()
            new.append(time_listing(page, link))
            page.goto(f"{base}/#/experiments")
            page.get_by_role("link", name=TASK, exact=True).wait_for()
            again.append(time_listing(page, link))
        return UiCost(spread(again), spread(new), megabytes(process))


def free_port() -> int:
    """Return a port that no program uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def time_listing(page: Page, link: str) -> float:
    """Return the seconds from opening a link to the list of runs."""
    start = time.perf_counter()
    page.goto(link)
    page.locator("[row-id] a[href*='/runs/']").first.wait_for()
    return time.perf_counter() - start


def megabytes(process: int) -> float:
    """Return the memory of a process and its children in MB, shared pages counted once (PSS)."""
    parent = psutil.Process(process)
    return sum(pss(each.pid) for each in (parent, *parent.children(recursive=True))) / 1000


def pss(process: int) -> float:
    """Return the proportional set size of a process in kB."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(float(size) for size in re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE))
