"""`linrnn reduce`: the run that it records, its reproduction, its use by other commands, and what it refuses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracking
from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.workflows import reduce as workflow
from experiments.workflows.network_choice import choose_network
from experiments.workflows.reduce import measure_reduction
from experiments.workflows.trial import run_trial
from linrnn.analysis import state_space
from linrnn.training.trial_config import from_text
from tests.faults.harness import new_store
from tracking.runs.query import find_trials, last_sweeps
from tracking.runs.reader import read_trial, read_weights
from tracking.runs.writer import record_trial
from tracking.schema import Artifact
from tracking.store.access import Store, open_store

SETTINGS = {
    "task": "sunspots",
    "model": "linear",
    "model.hidden_size": "6",
    "training.epochs": "30",
    "training.replicas": "3",
}
Answer = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def trained(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with a linear run and one of two layers, of which replica 1 diverged."""
    store = open_store(new_store(empty_store, tmp_path_factory.mktemp("reduce") / "store"))
    record_trial(store, run_trial(from_text(SETTINGS), test=True), "one layer", {"phase": "single"})
    record_trial(store, run_trial(from_text({**SETTINGS, "model": "tanh"}), test=True), "tanh", {"phase": "single"})
    result = run_trial(from_text({**SETTINGS, "model.num_layers": "2", "model.hidden_size": "4"}), test=True)
    result.history.val_loss[-1, 1] = np.inf
    record_trial(store, result, "two layers", {"phase": "single"})
    return store


@pytest.fixture
def answer(trained: Store, capsys: pytest.CaptureFixture[str]) -> Answer:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(group, (*arguments, "--store", str(trained.folder)))
        return code, *capsys.readouterr()

    return call


def run_named(store: Store, name: str) -> str:
    return next(each.run_id for each in find_trials(store, "sunspots") if each.name == name)


def reduce_json(answer: Answer, *arguments: str) -> dict[str, Any]:
    code, out, error = answer("reduce", *arguments, "--json")
    assert code == 0, error
    result: dict[str, Any] = json.loads(out)
    return result


def test_a_reduction_is_a_run_that_other_commands_take(trained: Store, answer: Answer, tmp_path: Path) -> None:
    source = run_named(trained, "one layer")
    found = reduce_json(answer, source, "--within", "20%", "--figures", str(tmp_path / "figures"))
    assert (tmp_path / "figures" / "reduction.png").read_bytes()[1:4] == b"PNG"
    rows = list(csv.DictReader((tmp_path / "figures" / "reduction.csv").read_text().splitlines()))
    assert [float(each["val_loss"]) for each in rows] == [each["val_loss"] for each in found["orders"]]
    assert found["source"]["run_id"] == source
    assert found["hidden_size"] == 6
    assert found["is_within"]
    chosen = found["orders"][found["order"] - 1]
    assert chosen["val_loss"] <= 1.2 * found["val_loss"]
    assert all(each["val_loss"] > 1.2 * found["val_loss"] for each in found["orders"][: found["order"] - 1])
    reduction = read_trial(trained, found["run_id"])
    assert reduction.phase == "reduction"
    assert (reduction.tags["reduction_of"], reduction.parent) == (source, source)
    assert reduction.params["model.hidden_size"] == str(found["order"])
    assert reduction.metrics["test_loss"] == chosen["test_loss"]
    assert state_space(tracking.load(found["run_id"], store=trained, raw=True)).order == found["order"]
    assert answer("reproduce", found["run_id"][:12])[1].startswith("IDENTICAL")
    assert answer("export", found["run_id"], str(tmp_path / "folder"))[0] == 0
    assert answer("reproduce", str(tmp_path / "folder"))[1].startswith("IDENTICAL")
    assert answer("diff", source, found["run_id"])[0] in (0, 1)
    again = reduce_json(answer, found["run_id"], "--order", "1")
    assert again["hidden_size"] == found["order"]
    assert read_weights(trained, read_trial(trained, again["run_id"]))["W"].shape == (1, 1, 1)


@pytest.mark.long
def test_another_reduction_is_not_identical(trained: Store, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reduce_json(answer, run_named(trained, "one layer"), "--order", "3")
    monkeypatch.setattr("linrnn.analysis.reduction.balance", lambda system, horizon=None: system)
    code, out, _ = answer("reproduce", found["run_id"])
    assert (code, out[:9]) == (4, "DIFFERENT")


@pytest.mark.long
def test_layers_are_one_system_and_the_best_replica_is_taken(trained: Store, answer: Answer) -> None:
    source = run_named(trained, "two layers")
    found = reduce_json(answer, source, "--order", "8")
    assert found["hidden_size"] == 8
    assert found["source"]["replica"] in (0, 2)
    assert found["orders"][7]["val_loss"] == pytest.approx(found["val_loss"], rel=1e-4)
    other = reduce_json(answer, source, "--order", "1", "--replica", str(2 - found["source"]["replica"]))
    assert other["val_loss"] > found["val_loss"]


@pytest.mark.long
@pytest.mark.parametrize(("model", "kind"), [("lru", "linear"), ("linear-mlp", "linear-mlp")])
@pytest.mark.parametrize("is_exact", [True, False])
def test_linear_recurrences_are_reduced_themselves_and_as_they_were(
    trained: Store, answer: Answer, monkeypatch: pytest.MonkeyPatch, model: str, kind: str, is_exact: bool
) -> None:
    """Records of an approximation, as it was before of all but `linear`, are reproduced as such."""
    settings = {**SETTINGS, "model": model, "model.hidden_size": "3", "seed": str(int(is_exact))}
    info = record_trial(trained, run_trial(from_text(settings), test=True), f"{model} {is_exact}", {"phase": "single"})
    with monkeypatch.context() as patch:
        patch.setattr(workflow, "reduce_trial", partial(workflow.reduce_trial, is_exact=is_exact))
        found = reduce_json(answer, info, "--order", "2")
    assert found["is_exact"] == is_exact
    assert read_trial(trained, found["run_id"]).model == (kind if is_exact else "linear")
    assert answer("reproduce", found["run_id"])[1].startswith("IDENTICAL")
    code, out, _ = answer("characterise", info, "--json")
    assert code == 0
    (network,) = json.loads(out)["networks"]
    assert network["linear_part"] == ("network" if model == "lru" else "recurrence")
    assert network["measures"]["simulation_error"] < 1e-12


@pytest.mark.long
def test_a_nonlinear_network_is_reduced_by_its_linear_approximation(trained: Store, answer: Answer) -> None:
    found = reduce_json(answer, run_named(trained, "tanh"), "--order", "2")
    assert not found["is_exact"]
    assert 0.5 < found["linear_share"] < 1
    assert found["source"]["model"] == "tanh"
    assert found["source_test_loss"] != found["test_loss"]
    assert read_trial(trained, found["run_id"]).model == "linear"
    assert answer("reproduce", found["run_id"])[1].startswith("IDENTICAL")
    assert "The approximation explains" in answer("reduce", run_named(trained, "tanh"))[1]


def test_a_task_stands_for_its_best_linear_run(trained: Store, answer: Answer) -> None:
    runs = [each for each in find_trials(trained, "sunspots") if each.phase == "single" and each.model == "linear"]
    losses = {each.run_id: each.objective for each in runs}
    assert reduce_json(answer, "sunspots", "--order", "1")["source"]["run_id"] == min(losses, key=lambda k: losses[k])


@pytest.mark.long
def test_the_task_of_a_sweep_has_its_best_linear_trial(golden_copy: Store, capsys: pytest.CaptureFixture[str]) -> None:
    count, choice = len(find_trials(golden_copy, "sine")), choose_network(golden_copy, "sine")
    assert measure_reduction(choice).is_within
    assert len(find_trials(golden_copy, "sine")) == count
    assert run(group, ("reduce", "sine", "--order", "1", "--store", str(golden_copy.folder))) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"sine: replica {choice.replica} of run {choice.record.run_id[:8]}, linear with ")
    assert "A linear network of 1 units" in out
    run_id = out.partition("recorded as run ")[2][:32]
    assert run(group, ("reproduce", run_id, "--store", str(golden_copy.folder))) == 0  # baselines are the sweep's
    sweep = last_sweeps(golden_copy)["sine"].run_id
    assert run(group, ("reduce", sweep, "--store", str(golden_copy.folder))) == 2
    assert "is a sweep: name one of its trials" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["characterise", "reduce", "forecast"])
def test_a_run_without_weights_is_one_line_and_nothing_is_written(
    trained: Store, answer: Answer, tmp_path: Path, command: str
) -> None:
    source, count = run_named(trained, "one layer"), len(find_trials(trained, "sunspots"))
    folder = Path(read_trial(trained, source).info.artifact_uri.removeprefix("file://"))
    weights = folder / Artifact.BEST_WEIGHTS
    weights.rename(tmp_path / "weights")
    try:
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        code, out, error = answer(command, source)
        after = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    finally:
        (tmp_path / "weights").rename(weights)
    assert (code, out) == (6, "")
    assert Artifact.BEST_WEIGHTS in error
    assert error.count("\n") == 1
    assert after == before
    assert len(find_trials(trained, "sunspots")) == count


def test_what_cannot_be_reduced_is_one_line_and_nothing_is_written(trained: Store, answer: Answer) -> None:
    one, two = (run_named(trained, f"{name} layer{'s' * (name == 'two')}") for name in ("one", "two"))
    reproduction = json.loads(answer("reproduce", one, "--json")[1])["reproduction"]
    count = len(find_trials(trained, "sunspots"))
    refusals = {
        (one, "--order", "7"): "order must be in 1 to 6, not 7",
        (one, "--order", "0"): "Invalid value for '--order'",
        (one, "--replica", "3"): "has the replicas 0 to 2, not 3",
        (two, "--replica", "1"): f"replica 1 of run {two} diverged: name another one",
        (one, "--within", "x"): "'x' is not from 0% to 100%",
        (reproduction,): f"run {reproduction} is a reproduction: name the run that it reproduces, {one}",
        ("xor",): "no linear trial of xor in",
        ("0000",): "no run '0000' in the store",
        ("sime",): "no run 'sime' in the store",
    }
    for arguments, message in refusals.items():
        code, out, error = answer("reduce", *arguments)
        assert (code, out) == (2, "")
        assert message in error
        assert error.count("\n") == 1
    assert len(find_trials(trained, "sunspots")) == count
