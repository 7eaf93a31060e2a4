"""A quick sample of `make faults`: kill -9 of the whole group, the same command again, the same bits."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.harness import SWEEP, Twin, facts, finish, kill_after, new_store, start
from tracking.store import open_store


@pytest.fixture(scope="module")
def twin(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return Twin(empty_store, tmp_path_factory.mktemp("twin") / "store")


def writes(twin: Twin, tmp_path: Path) -> int:
    """How many writes the recording of a trial makes."""
    folder, count = new_store(twin.template, tmp_path / "counted"), tmp_path / "count"
    process = start(folder, module="tests.faults.victim", FAULT_AT="0", FAULT_COUNT=str(count))
    process.communicate(timeout=300)
    assert process.returncode == 0
    return int(count.read_text())


def killed_at(twin: Twin, folder: Path, write: int) -> None:
    """Kill a sweep before that write of a trial, run it again, compare."""
    process = start(new_store(twin.template, folder), module="tests.faults.victim", FAULT_AT=str(write))
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    twin.same(folder)


def test_killed_between_the_two_databases(twin: Twin, tmp_path: Path) -> None:
    count = writes(twin, tmp_path)
    assert count >= 12
    killed_at(twin, tmp_path / "last", count)  # before Optuna is told


def test_killed_at_some_moment_and_again_while_resuming(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "some")
    for part in (0.8, 0.9):
        kill_after(folder, part * twin.seconds)
    twin.same(folder)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_any_number_of_workers_finds_the_same(twin: Twin, tmp_path: Path, workers: str) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    finish(folder, [*SWEEP, "--workers", workers])
    assert facts(open_store(folder)) == twin.facts


def test_a_study_made_longer_is_the_longer_study(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    finish(folder, [*SWEEP[:3], "3", *SWEEP[4:]])
    finish(folder)
    longer = facts_of_search(folder)
    assert longer == {name: fact for name, fact in twin.facts.items() if "confirmation" not in name}


def facts_of_search(folder: Path) -> dict[str, object]:
    """The facts, less those of confirmations, of which a store with a shorter sweep has more."""
    store = open_store(folder)
    for run in store.client.search_runs([store.experiment("sine")], "tags.phase = 'confirmation'"):
        store.client.delete_run(run.info.run_id)
    return facts(store)


def test_a_finished_sweep_run_again_trains_nothing_and_prints_the_same(twin: Twin) -> None:
    before = facts(open_store(twin.folder))
    again = finish(twin.folder)
    assert again == finish(twin.folder)
    assert facts(open_store(twin.folder)) == before == twin.facts


@pytest.mark.long
def test_killed_before_every_write_of_a_trial(twin: Twin, tmp_path: Path) -> None:
    for write in range(1, writes(twin, tmp_path) + 1):
        killed_at(twin, tmp_path / str(write), write)
