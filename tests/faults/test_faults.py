"""A quick sample of `make faults`: kill -9 of the whole group, the same command again, the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Any

import optuna
import pytest
from filelock import FileLock

from tests.conftest import Here
from tests.faults.harness import SWEEP, TRIALS, Twin, facts, finish, kill_after, living, new_store, result, start
from tests.faults.store_faults import FAULTS, disturb
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.runs.query import last_sweeps
from tracking.store.access import Store, open_store

IN_ORDER = [*SWEEP, "--workers", "1"]  # with more, which trial comes first, and so how many writes it makes, is chance
SPARE = 2_500_000  # bytes of a disk beside the databases of a new store
PARTS = 6  # that the workers of a session share between them


def writes(twin: Twin, everybodys: Path) -> int:
    """How many writes the recording of a trial makes; counted once a session."""
    folder, count = everybodys / "counted", everybodys / "count"
    with FileLock(f"{count}.lock"):
        if not count.exists():
            process = start(
                new_store(twin.template, folder), IN_ORDER, "tests.faults.victim", FAULT_AT="0", FAULT_COUNT=str(count)
            )
            process.communicate(timeout=300)
            assert process.returncode == 0
    return int(count.read_text())


def kill_at(twin: Twin, folder: Path, write: int | str) -> None:
    """Kill a sweep before that write of a trial."""
    process = start(new_store(twin.template, folder), IN_ORDER, "tests.faults.victim", FAULT_AT=str(write))
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.long
def test_killed_between_the_two_databases(twin: Twin, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    kill_at(twin, folder, "optuna")
    store = open_store(folder)
    runs = store.client.search_runs([experiment_id(store, "sine")], "attributes.status = 'FINISHED'")
    told = [len(study.get_trials()) for study in optuna_studies(store)]
    assert (len(runs), sum(told)) == (2, 1), "the second trial is recorded, and Optuna has not heard of it"
    twin.same(folder)


def optuna_studies(store: Store) -> list[optuna.Study]:
    names = optuna.get_all_study_names(store.studies)
    return [optuna.load_study(study_name=name, storage=store.studies) for name in names]


@pytest.mark.long
def test_killed_at_some_moment_and_again_while_resuming(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "some")
    for part in (0.8, 0.9):
        kill_after(folder, part * twin.seconds)
    twin.same(folder)
    sweep = last_sweeps(open_store(folder)).get("sine")
    assert sweep is not None
    found = finish(folder, ["reproduce", "--sweep", sweep.info.run_id, "--json", "-q"])
    assert [each["verdict"] for each in found["runs"]] == TRIALS * ["IDENTICAL"]


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "3"])
def test_any_number_of_workers_finds_the_same(twin: Twin, tmp_path: Path, workers: str) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    finish(folder, [*SWEEP, "--workers", workers])
    assert facts(open_store(folder)) == twin.facts


@pytest.mark.long
def test_a_study_made_longer_is_the_longer_study(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    finish(folder, [*SWEEP[:3], "3", *SWEEP[4:]])
    finish(folder)
    longer = facts_of_search(folder)
    assert longer == {name: fact for name, fact in twin.facts.items() if "confirmation" not in name}


def facts_of_search(folder: Path) -> dict[str, object]:
    """The facts, less those of confirmations, of which a store with a shorter sweep has more."""
    store = open_store(folder)
    for run in store.client.search_runs([experiment_id(store, "sine")], "tags.phase = 'confirmation'"):
        store.client.delete_run(run.info.run_id)
    return facts(store)


def test_a_finished_sweep_run_again_trains_nothing_and_prints_the_same(
    twin: Twin, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.workflows.trial_job.run_trial", None)
    folder = new_store(twin.folder, tmp_path / "again")
    code, printed, _ = here(*SWEEP, "--store", str(folder))
    assert (code, result(json.loads(printed))) == (0, twin.printed)
    assert facts(open_store(folder)) == twin.facts


@pytest.mark.long
def test_a_full_disk_is_one_line_and_nothing_is_lost(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "full")
    process = start(folder, IN_ORDER, "tests.faults.victim", FAULT_AT="5", FAULT="full")
    _, said = process.communicate(timeout=100)
    question, *lines = said.decode().splitlines()
    assert question.startswith("sine: ")
    assert (process.returncode, len(lines)) == (6, 1), lines
    assert "No space left on device" in lines[0]
    assert "run the same" in lines[0]
    statuses = {run.info.status for run in open_store(folder).client.search_runs(["1", "2"])}
    assert "RUNNING" not in statuses
    twin.same(folder)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="root alone mounts a disk")
def test_a_real_disk_that_is_full_in_mid_sweep(twin: Twin, tmp_path: Path, here: Here) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    size = SPARE + sum(path.stat().st_size for path in twin.template.rglob("*.db"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        folder = new_store(twin.template, disk / "store")
        process = start(folder, IN_ORDER)
        out, said = process.communicate(timeout=100)
        lines = said.decode().splitlines()
        assert (process.returncode, out, len(lines)) == (6, b"", 2), lines  # the question comes first
        assert "full" in lines[1] or "No space left on device" in lines[1]
        subprocess.run(["mount", "-o", "remount,size=3g", str(disk)], check=True)
        code, _, _ = here("doctor", "--fix", "--verify", "-q", "--store", str(folder))
        assert (code, here("doctor", "--store", str(folder))[0]) == (0, 0)
        twin.same(folder)
        assert here("doctor", "--verify", "-q", "--store", str(folder))[0] == 0
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.long
def test_two_of_the_same_sweep_are_told_apart_from_two_of_different_ones(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    long = [*SWEEP, "--epochs", "200000"]
    store, first = open_store(folder), start(folder, long)
    deadline = time.monotonic() + 60
    while not store.client.search_runs([experiment_id(store, "sweeps")]) and time.monotonic() < deadline:
        time.sleep(0.05)
    name = store.client.search_runs([experiment_id(store, "sweeps")])[0].data.tags["studies"].split(", ")[0]
    second, other = start(folder, long), start(folder)
    _, said = second.communicate(timeout=100)
    _, line = said.decode().splitlines()  # the question comes first
    assert second.returncode == 1
    assert "is locked by another linrnn process" in line
    assert name in line
    out, _ = other.communicate(timeout=100)
    assert result(json.loads(out)) == twin.printed
    first.terminate()
    first.communicate(timeout=30)
    assert first.returncode == 143


@pytest.mark.long
def test_the_workers_of_a_killed_parent_end(twin: Twin, tmp_path: Path) -> None:
    folder = new_store(twin.template, tmp_path / "store")
    process = start(folder, [*SWEEP[:2], "--epochs", "200000", "-q"])
    deadline = time.monotonic() + 60
    while len(living(process.pid)) < 4 and time.monotonic() < deadline:  # parent, server, tracker, workers
        time.sleep(0.1)
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while living(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert living(process.pid) == []


@pytest.mark.long
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_every_write_of_a_trial(
    twin: Twin, here: Here, tmp_path: Path, everybodys: Path, part: int
) -> None:
    """The sweep is run again in this process; that a new one does the same is shown by the tests above."""

    def finish_here(folder: Path) -> dict[str, Any]:
        code, printed, message = here(*SWEEP, "--store", str(folder))
        assert code == 0, message
        found: dict[str, Any] = json.loads(printed)
        return found

    count = writes(twin, everybodys)
    assert count >= 12
    for write in range(1 + part, count + 1, PARTS):
        folder = tmp_path / str(write)
        kill_at(twin, folder, write)
        twin.same(folder, finish_here)


@pytest.mark.long
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("fault", FAULTS)
def test_what_others_damage_is_trained_again(twin: Twin, here: Here, tmp_path: Path, fault: str) -> None:
    folder, damaged = new_store(twin.folder, tmp_path / "damaged"), set[str]()
    assert disturb(folder, Random(0), fault, damaged)
    twin.same(folder, lambda folder: json.loads(here(*SWEEP, "--store", str(folder))[1]), damaged)
