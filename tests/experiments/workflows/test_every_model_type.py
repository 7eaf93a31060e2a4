"""Every command that takes a run takes those of every model type: all confirmations of one tiny sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.report.summary import SweepSummary
from experiments.search.executors import SerialExecutor
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from linrnn.models import MODELS
from tests.conftest import Here, new_store
from tracking.store.access import Store, open_store

pytestmark = pytest.mark.long

TINY = {
    "sweep.trials": "1",
    "sweep.confirmation": "5",
    "training.epochs": "5",
    "training.replicas": "2",
    "model.hidden_size": "4",
}
COMMANDS = ("reproduce", "characterise", "forecast", "show")


@pytest.fixture(scope="module")
def swept(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, SweepSummary]:
    """A sweep of all model types on a series, and its store."""
    store = open_store(new_store(empty_store, tmp_path_factory.mktemp("eight") / "store"))
    return store, run_sweep(sweep_config("sunspots", tuple(MODELS), TINY), store, SerialExecutor(), figures=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_takes_the_runs_of_every_model_type(
    here: Here, swept: tuple[Store, SweepSummary], command: str
) -> None:
    store, summary = swept
    assert [each.model for each in summary.confirmations] == list(MODELS)
    for each in summary.confirmations:
        code, out, error = here(command, each.run_id, "--store", str(store.folder), "--json", "-q")
        assert code == 0, (each.model, error)
        assert each.run_id in out


def test_report_and_tables_hold_every_model_type(here: Here, swept: tuple[Store, SweepSummary], tmp_path: Path) -> None:
    store, _ = swept
    folder = str(store.folder)
    assert here("report", "sunspots", "-o", "report.html", "--store", folder)[0] == 0
    text = (tmp_path / "report.html").read_text()
    assert all(model in text for model in MODELS)
    for arguments in ((), ("--by", "parameters"), ("--by", "hidden-size")):
        code, out, _ = here("compare", "sunspots", *arguments, "--store", folder)
        tables = [line for line in out.splitlines() if line.startswith(("sunspots ", "parameters ", "hidden size "))]
        assert code == 0
        assert {name for line in tables for name in line.split()} >= set(MODELS)
        assert max(map(len, tables)) <= 80
