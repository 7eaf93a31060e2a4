"""Recorded runs trained again: verdicts, exit codes, what is recorded of it, and what caused a difference."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.workflows.trial import run_trial
from linrnn.training import evaluation
from linrnn.training.trial_config import from_text, to_text
from tests.faults.harness import TRIALS, Twin, new_store
from tracking.runs import environment as provenance
from tracking.runs.query import find_runs, last_sweeps, trial_runs
from tracking.runs.reader import read_run
from tracking.runs.writer import record_trial
from tracking.store.access import Store, open_store
from tracking.store.run_search import RunFilter

CONFIG = from_text(
    {
        "task": "sunspots",
        "model": "tanh",
        "model.hidden_size": "4",
        "training.learning_rate": "0.0123456",
        "training.epochs": "40",
        "training.evaluations": "4",
        "training.replicas": "3",
    }
)
CONFIG_TEXT = to_text(CONFIG)
LARGE = from_text(  # left to torch's products
    {
        **{name: text for name, text in CONFIG_TEXT.items() if not name.startswith("task")},
        "task": "xor",
        "task.sequences": "64",
        "model.hidden_size": "128",
        "training.epochs": "3",
        "training.replicas": "2",
    }
)
Here = Callable[..., tuple[int, str, str]]
REPRODUCTIONS = RunFilter(tags={"phase": "reproduction"})


def elsewhere(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A fresh process in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "experiments", *arguments],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def swept(twin: Twin, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What a process of its own has swept."""
    return open_store(new_store(twin.folder, tmp_path_factory.mktemp("swept") / "store"))


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Here:
    """Answer a command line over a store, in this process; exit code, stdout and stderr."""

    def answer(store: Store, *arguments: str) -> tuple[int, str, str]:
        code = run(group, (*arguments, "--store", str(store.folder)))
        return code, *capsys.readouterr()

    return answer


def planted(store: Store, **changed: str) -> str:
    """A whole and consistent record whose config is not the one that was trained."""
    told = from_text({**CONFIG_TEXT, **{name.replace("__", "."): value for name, value in changed.items()}})
    return record_trial(store, replace(run_trial(CONFIG, test=True), config=told), "planted", {"phase": "single"})


@pytest.mark.long
def test_a_whole_sweep_is_identical_elsewhere_with_other_workers(swept: Store, tmp_path: Path) -> None:
    sweep = last_sweeps(swept).get("sine")
    assert sweep is not None
    trials = trial_runs(swept, sweep)
    store = ("--store", str(swept.folder))
    done = elsewhere(tmp_path, "reproduce", "--sweep", sweep.info.run_id[:10], *store, "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert f"{TRIALS} of {TRIALS} trials" in done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "IDENTICAL"
    assert [each["run_id"] for each in found["runs"]] == [trial.info.run_id for trial in trials]
    for each, trial in zip(found["runs"], trials, strict=True):
        assert each["verdict"] == "IDENTICAL"
        assert (each["first_difference"], each["max_relative_difference"], each["environment"]) == (None, 0, [])
        assert each["compared"]["epochs"] == 20
        assert each["compared"]["replicas"] == int(trial.params["training.replicas"])
        assert ("test_loss" in each["compared"]) == (trial.tags["phase"] == "confirmation")
        rerun = read_run(swept, each["reproduction"])
        assert rerun.tags["reproduction_of"] == rerun.tags["mlflow.parentRunId"] == trial.info.run_id
        assert (rerun.tags["phase"], rerun.tags["reproduction_result"]) == ("reproduction", "IDENTICAL")
        assert rerun.params == trial.params
        verdict = read_run(swept, trial.run_id).tags["reproduced"]
        assert re.fullmatch(r"IDENTICAL \d{4}-\d\d-\d\d \d\d:\d\d UTC", verdict)
    assert [run.info.run_id for run in trial_runs(swept, sweep)] == [run.info.run_id for run in trials]
    assert list(tmp_path.iterdir()) == []


def test_without_a_run_it_is_the_best_of_the_last_sweep(swept: Store, here: Here) -> None:
    (sweep,) = json.loads(here(swept, "compare", "--json")[1])["sweeps"]
    best = min(sweep["studies"], key=lambda study: study["objective"])
    code, said, progress = here(swept, "reproduce")
    assert code == 0
    assert said.startswith(f"IDENTICAL: {best['model']}")
    assert best["best_run"] in said
    assert "20 epochs x 2 replicas" in said
    assert "viewStateShareKey=trials" in said
    assert "20 of 20 evaluations" in progress


def test_a_sample_of_a_sweep(swept: Store, here: Here) -> None:
    sweep = last_sweeps(swept).get("sine")
    assert sweep is not None
    code, said, _ = here(swept, "reproduce", "--sweep", sweep.info.run_id, "--sample", "2", "-q")
    assert (code, said.splitlines()[0]) == (0, "2 IDENTICAL, of 2")


def test_an_exported_run_is_verified_without_a_store(
    swept: Store, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = last_sweeps(swept).get("sine")
    assert sweep is not None
    run_id, folder = trial_runs(swept, sweep)[-1].info.run_id, tmp_path / "out"
    assert here(swept, "export", run_id, str(folder))[0] == 0
    sums = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert (sums.returncode, sums.stdout.count(": OK")) == (0, len(sums.stdout.splitlines()))
    before = sorted(path.name for path in folder.iterdir())
    monkeypatch.chdir(folder)
    code = run(group, ["reproduce", ".", "--json", "-q"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["verdict"], found["reproduction"]) == (0, "IDENTICAL", None)
    assert found["compared"]["test_loss"] == 6
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ({"training__learning_rate": "0.0123457"}, {"quantity": "train_loss", "replica": 0, "epoch": 2}),
        ({"seed": "1"}, {"quantity": "initial_weights", "replica": 0, "epoch": 0}),
    ],
)
def test_a_planted_difference_is_named(store: Store, here: Here, changed: Any, first: Any) -> None:
    run_id = planted(store, **changed)
    code, said, _ = here(store, "reproduce", run_id, "--json", "-q", "--tolerance", "0")
    found = json.loads(said)
    assert (code, found["verdict"], found["first_difference"]) == (4, "DIFFERENT", first)
    assert 0 < found["max_relative_difference"] <= 1
    assert found["environment"] == []
    code, said, _ = here(store, "reproduce", run_id, "-q", "--tolerance", "1")
    assert code == 3
    place = f"{first['quantity']} of replica {first['replica']} at epoch {first['epoch']}"
    assert said.startswith("EQUIVALENT")
    assert place in said
    assert "no recorded item of the environment changed" in said
    assert read_run(store, run_id).tags["reproduced"].startswith("EQUIVALENT")
    verdicts = [run.data.tags["reproduction_result"] for run in find_runs(store, "sunspots", REPRODUCTIONS)]
    assert verdicts == ["DIFFERENT", "EQUIVALENT"]


def test_a_pruned_trial_is_trained_as_far_as_it_went(store: Store, here: Here) -> None:
    pruned = run_trial(CONFIG, limits={20: 0.0})
    assert (pruned.outcome, pruned.history.epoch) == ("pruned", 20)
    run_id = record_trial(store, pruned, "pruned", {"phase": "search"})
    code, said, _ = here(store, "reproduce", run_id, "--json", "-q")
    assert (code, json.loads(said)["compared"]["epochs"]) == (0, 20)
    (rerun,) = find_runs(store, "sunspots", REPRODUCTIONS)
    assert rerun.data.tags["outcome"] == "pruned"


def test_what_changed_of_the_environment_is_said_the_likeliest_first(
    store: Store, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = type(CONFIG.task).content.fget(CONFIG.task)  # type: ignore[attr-defined]
    other = file.replace(b"1820,15.6", b"1820,115.6")
    assert other != file
    monkeypatch.setattr(type(CONFIG.task), "content", property(lambda task: other))
    trained = run_trial(CONFIG, test=True)
    monkeypatch.undo()
    trained = replace(trained, environment={**trained.environment, "mlflow": "2.0", "numpy": "1.0"})
    run_id = record_trial(store, trained, "planted", {"phase": "single"})
    code, said, _ = here(store, "reproduce", run_id, "--json", "-q")
    found = json.loads(said)
    assert code == 4
    assert found["first_difference"] == {"quantity": "data.train", "replica": None, "epoch": None}
    assert [change["item"] for change in found["environment"]] == ["data_file", "numpy", "mlflow"]
    assert found["environment"][1]["recorded"] == "1.0"
    code, said, _ = here(store, "reproduce", run_id, "-q")
    assert "the likeliest cause first" in said
    assert re.search(r"numpy +1\.0 -> 2", said)


@pytest.mark.long
def test_another_number_of_threads_changes_nothing_or_is_named(
    store: Store, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(evaluation, "THREADS", 2)
        provenance.environment.cache_clear()
        trained = run_trial(LARGE)
    provenance.environment.cache_clear()
    assert (trained.history.form, trained.environment["threads"]) == ("torch", "2")
    _, said, _ = here(
        store, "reproduce", record_trial(store, trained, "two threads", {"phase": "single"}), "--json", "-q"
    )
    found = json.loads(said)
    assert found["verdict"] == "IDENTICAL" or found["environment"][0]["item"] == "threads"


@pytest.mark.long
def test_classes_trained_by_torch_are_reproduced_by_torch(store: Store, here: Here) -> None:
    settings = {name: text for name, text in CONFIG_TEXT.items() if not name.startswith("task")}
    digits = from_text({**settings, "task": "digits", "training.epochs": "4"})
    trained = run_trial(digits, form="torch", test=True)  # as before the kernels had cross-entropy
    assert (trained.history.form, run_trial(digits).history.form) == ("torch", "kernels")
    run_id = record_trial(store, trained, "digits", {"phase": "single"})
    code, out, _ = here(store, "reproduce", run_id, "--json", "-q")
    assert (code, json.loads(out)["verdict"]) == (0, "IDENTICAL")


@pytest.mark.long
def test_threads_set_outside_change_nothing(store: Store) -> None:
    run_id = record_trial(store, run_trial(LARGE), "large", {"phase": "single"})
    done = elsewhere(store.folder, "reproduce", run_id, "-q", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    assert done.stdout.startswith("IDENTICAL"), done.stdout + done.stderr


@pytest.mark.long
def test_code_for_an_older_processor_is_identical_or_named(store: Store) -> None:
    small = record_trial(store, run_trial(CONFIG), "kernels", {"phase": "single"})
    torch_form = record_trial(store, run_trial(LARGE), "torch", {"phase": "single"})
    old = {"ATEN_CPU_CAPABILITY": "default"}
    kernels = elsewhere(store.folder, "reproduce", small, "-q", **old)
    assert kernels.stdout.startswith("IDENTICAL"), kernels.stdout + kernels.stderr
    done = elsewhere(store.folder, "reproduce", torch_form, "-q", "--json", **old)
    found = json.loads(done.stdout)
    items = [change["item"] for change in found["environment"]]
    assert found["verdict"] == "IDENTICAL" or items[:2] == ["ATEN_CPU_CAPABILITY", "cpu_capability"]


@pytest.mark.long
def test_kernels_compiled_for_an_older_processor_are_identical(store: Store) -> None:
    run_id = record_trial(store, run_trial(CONFIG), "kernels", {"phase": "single"})
    done = elsewhere(store.folder, "reproduce", run_id, "-q", NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert done.stdout.startswith("IDENTICAL"), done.stdout + done.stderr


def test_a_damaged_record_is_no_failed_reproduction(store: Store, here: Here) -> None:
    whole, edited = planted(store), planted(store)
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as database:
        database.execute("update params set value='5' where key='model.hidden_size' and run_uuid=?", (edited,))
        database.commit()
    before = len(find_runs(store, "sunspots"))
    code, said, error = here(store, "reproduce", edited, "-q")
    assert (code, said, len(error.splitlines())) == (6, "", 1)
    assert "damaged: param model.hidden_size is 5, and was written as 4" in error
    assert "reproduced" not in read_run(store, edited).tags
    assert len(find_runs(store, "sunspots")) == before
    for command in (("diff", whole, edited), ("export", edited, str(store.folder / "out"))):
        assert here(store, *command)[0] == 6
    assert not (store.folder / "out").exists()


@pytest.mark.long
def test_a_damaged_trial_does_not_stop_the_others(swept: Store, here: Here, tmp_path: Path) -> None:
    store = open_store(new_store(swept.folder, tmp_path / "copy"))
    sweep = last_sweeps(store).get("sine")
    assert sweep is not None
    hit = trial_runs(store, sweep)[0]
    curves = store.folder / "mlruns" / "sine" / hit.info.run_id / "artifacts" / "curves.npz"
    curves.write_bytes(curves.read_bytes()[:-100])
    code, said, _ = here(store, "reproduce", "--sweep", sweep.info.run_id, "-q", "--json")
    found = json.loads(said)
    assert (code, found["verdict"]) == (6, "DAMAGED")
    verdicts = {each["run_id"]: each["verdict"] for each in found["runs"]}
    assert verdicts.pop(hit.info.run_id) == "DAMAGED"
    assert set(verdicts.values()) == {"IDENTICAL"}
    assert len(verdicts) == TRIALS - 1


def test_diff_says_what_differs(swept: Store, here: Here) -> None:
    sweep = last_sweeps(swept).get("sine")
    assert sweep is not None
    linear, tanh = (run.info.run_id for run in trial_runs(swept, sweep) if run.tags.get("trial") == "0")
    code, said, error = here(swept, "diff", linear, tanh[:12])
    assert (code, error) == (0, "")
    assert re.search(r"model +linear -> tanh", said)
    assert "environment: equal" in said
    assert "data: equal" in said
    assert "curves: first difference is train_loss of replica 0 at epoch 1" in said
    found = json.loads(here(swept, "diff", linear, tanh, "--json")[1])
    assert found["config"] == [{"item": "model", "one": "linear", "other": "tanh"}]
    assert found["curves"] == {"quantity": "train_loss", "replica": 0, "epoch": 1}
    assert {change["item"] for change in found["results"]} >= {"objective", "best_val_loss", "final_val_loss"}
    assert "curves: equal, bit for bit" in here(swept, "diff", linear, linear)[1]


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["reproduce"], 2, "no finished sweep"),
        (["reproduce", "zz"], 2, "no run 'zz' in the store"),
        (["reproduce", "abc"], 2, "no run 'abc' in the store"),
        (["reproduce", "--sweep", "abc"], 2, "no run 'abc' in the store"),
        (["reproduce", "abc", "--sweep", "abc"], 2, "not both"),
        (["reproduce", "abc", "--workers", "2"], 2, "go with --sweep"),
        (["reproduce", "abc", "--tolerance", "nan"], 2, "tolerance"),
        (["reproduce", "."], 6, "run.json"),
        (["diff", "abc", "def"], 2, "no run 'abc' in the store"),
        (["export", "abc", "out"], 2, "no run 'abc' in the store"),
    ],
)
def test_wrong_requests_are_one_line(
    store: Store,
    here: Here,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, said, error = here(store, *arguments)
    assert (found, said, len(error.splitlines())) == (code, "", 1)
    assert part in error


def test_the_uncommitted_changes_are_kept_with_the_run(store: Store) -> None:
    trained = run_trial(CONFIG)
    changed = trained.environment["uncommitted_changes"]
    assert changed in ("yes", "no", "unknown")
    assert ("uncommitted.diff" in trained.files) == (changed == "yes") == ("uncommitted_diff" in trained.environment)
