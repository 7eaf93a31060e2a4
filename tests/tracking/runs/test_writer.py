"""A trial written and read back with MLflow's own client."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import linrnn
import tracking
from linrnn.data.digests import data_digests
from linrnn.errors import ConfigError
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.result import FailedTrial, TrialResult
from linrnn.training.trial_config import TrialConfig, from_text, to_text
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.run_views import TrialRun
from tracking.runs.environment import environment
from tracking.runs.file_list import list_files
from tracking.runs.reader import read_config, read_curves, read_file, read_result, read_trial, read_weights
from tracking.runs.writer import begin_run, record_failed_trial, record_trial, run_status
from tracking.store.access import Store
from tracking.store_errors import StoreError

CONFIG = from_text(
    {
        "task": "sine",
        "model": "tanh",
        "model.hidden_size": "5",
        "training.learning_rate": "0.012345678901234567",
        "training.epochs": "30",
        "training.replicas": "3",
        "seed": "7",
    }
)


def trained(config: TrialConfig = CONFIG, test: bool = True) -> TrialResult:
    splits = config.task.splits()
    *_, progress = train(config, splits)
    losses = evaluate_test_split(config, progress, splits) if test else None
    digests = data_digests(splits)
    return TrialResult(config, progress, time.time(), 1.5, environment(), digests, losses, {"curves.png": b"hello"})


@pytest.fixture(scope="module")
def result() -> TrialResult:
    return trained()


def test_the_config_comes_back_exactly_from_the_params_alone(store: Store, result: TrialResult) -> None:
    found = store.client.get_run(record_trial(store, result, "a name", {}))
    assert found.data.params == to_text(CONFIG)
    assert read_config(found) == CONFIG


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_diff_that_a_worker_has_attached_is_left_out_where_it_is_not_wanted(
    store: Store, result: TrialResult, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("LINRNN_NO_DIFF", value)
    run_id = record_trial(store, replace(result, files={"uncommitted.diff": b"+x"}), "name", {"phase": "single"})
    names = list_files(store, read_trial(store, run_id))
    assert ("uncommitted.diff" in names) == (value == "0")
    assert ("uncommitted.diff" in json.loads(read_file(store, read_trial(store, run_id), "digests.json"))) == (
        value == "0"
    )


def test_metrics_are_medians_in_at_most_200_steps(store: Store, result: TrialResult) -> None:
    run_id = record_trial(store, result, "a name", {})
    history = store.client.get_metric_history(run_id, "val_loss")
    medians = dict(zip(result.history.evaluation_epochs, np.median(result.history.val_loss, axis=1), strict=True))
    assert all(point.value == medians[point.step] for point in history)
    assert history[-1].step == result.history.epoch
    assert len(store.client.get_metric_history(run_id, "train_loss")) == len(history) <= 200
    metrics = store.client.get_run(run_id).data.metrics
    assert metrics["best_val_loss"] == np.median(result.history.val_loss.min(axis=0))
    assert metrics["objective"] == pytest.approx(np.quantile(result.history.val_loss.min(axis=0), 0.75))
    assert metrics["final_val_loss"] == np.median(result.history.val_loss[-1])
    assert metrics["test_loss"] == np.median(result.test_losses)
    assert (metrics["hidden_size"], metrics["learning_rate"], metrics["seconds"]) == (5, 0.012345678901234567, 1.5)
    assert metrics["diverged_replicas"] == 0
    assert metrics["log10_objective"] == pytest.approx(np.log10(metrics["objective"]))


def test_the_data_of_a_trial_are_a_dataset_with_their_digest(store: Store, result: TrialResult) -> None:
    names = []
    for data in (result.data, result.data, {**result.data, "data.train": "0" * 64}):
        run = store.client.get_run(record_trial(store, replace(result, data=data), "a name", {}))
        (dataset,) = [each.dataset for each in run.inputs.dataset_inputs]
        names.append((dataset.name, dataset.digest))
    assert names[0] == names[1] != names[2]
    assert names[0][0] == "sine"


def test_long_curves_are_thinned_for_the_ui_and_whole_in_the_artifact(store: Store) -> None:
    long = trained(from_text(to_text(CONFIG) | {"training.epochs": "300", "training.evaluations": "120"}))
    run_id = record_trial(store, long, "a name", {})
    steps = [point.step for point in store.client.get_metric_history(run_id, "val_loss")]
    assert 20 <= len(steps) <= 25
    assert steps[-1] == 300
    assert len(set(np.diff(steps))) <= 2, "not evenly spaced"
    assert read_curves(store, read_trial(store, run_id))["val_loss"].shape == (120, 3)


def test_a_run_says_what_it_is(store: Store, result: TrialResult) -> None:
    found = store.client.get_run(record_trial(store, result, "tanh 00 H=5", {"study": "one", "trial": "0"}))
    tags = found.data.tags
    assert (found.info.run_name, found.info.status, tags["outcome"]) == ("tanh 00 H=5", "FINISHED", "complete")
    assert (tags["study"], tags["trial"], tags["torch"]) == ("one", "0", torch.__version__)
    assert tags["mlflow.runColor"] == "#D55E00"
    assert found.info.end_time - found.info.start_time == 1500
    assert store.client.get_experiment(found.info.experiment_id).name == "sine"


def test_artifacts_are_whole_and_have_their_digests(store: Store, result: TrialResult, tmp_path: Path) -> None:
    run_id = record_trial(store, result, "a name", {})
    folder = Path(store.client.download_artifacts(run_id, "", str(tmp_path)))
    digests = json.loads((folder / "digests.json").read_text())
    for name in ("weights/best.safetensors", "weights/final.safetensors", "curves.npz"):
        assert digests[name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert {"data.train", "data.val", "data.test", "initial_weights"} <= digests.keys()
    recorded = json.loads((folder / "environment.json").read_text())
    assert {"commit", "uncommitted_changes", "python", "torch", "numpy", "threads", "cpu"} <= recorded.keys()
    assert (folder / "curves.png").read_bytes() == b"hello"
    weights = load_file(folder / "weights/final.safetensors")
    assert {name: tuple(value.shape) for name, value in weights.items()} == {
        name: (3, *shape) for name, shape in result.history.shapes.items()
    }


def test_curves_come_back_bit_for_bit(store: Store, result: TrialResult) -> None:
    curves = read_curves(store, read_trial(store, record_trial(store, result, "a name", {})))
    assert np.array_equal(curves["train_loss"], result.history.train_loss)
    assert np.array_equal(curves["val_loss"], result.history.val_loss)
    assert np.array_equal(curves["test_loss"], result.test_losses)


@pytest.mark.parametrize("replica", [0, 2])
def test_loaded_networks_have_the_logged_test_loss(store: Store, result: TrialResult, replica: int) -> None:
    run_id = record_trial(store, result, "a name", {})
    network = tracking.load(run_id, replica, store=store)
    assert isinstance(network, linrnn.TanhRNN)
    test = CONFIG.task.splits().test
    with torch.no_grad():
        outputs, _ = network.double()(torch.from_numpy(test.inputs))
    variance = test.targets[test.first :].var(axis=(0, 1)).mean()  # mean over outputs
    loss = ((outputs.numpy() - test.targets)[test.first :] ** 2).mean() / variance
    assert np.isclose(loss, result.test_losses[replica], rtol=1e-9)
    standalone = linrnn.TanhRNN(1, 5, 1)
    standalone.load_state_dict(network.state_dict())


def test_best_and_final_weights_are_told_apart(store: Store, result: TrialResult) -> None:
    found = read_trial(store, record_trial(store, result, "a name", {}))
    shapes = result.history.shapes
    for which, flat in (("best", result.history.best_weights), ("final", result.history.weights)):
        named = read_weights(store, found, which)  # type: ignore[arg-type]
        assert np.array_equal(np.concatenate([named[n].reshape(3, -1) for n in shapes], axis=1), flat)


def diverged(progress: TrainingHistory) -> TrainingHistory:
    val_loss = progress.val_loss.copy()
    val_loss[-2:, :2] = np.inf
    train_loss = progress.train_loss.copy()
    train_loss[-3:, :2] = np.nan
    return replace(progress, val_loss=val_loss, train_loss=train_loss)


def test_what_is_not_finite_is_never_a_metric(store: Store, result: TrialResult) -> None:
    worse = replace(result, history=diverged(result.history), test_loss=np.array([np.inf, np.inf, 1.0]))
    found = store.client.get_run(record_trial(store, worse, "a name", {}))
    assert found.data.tags["outcome"] == "diverged"
    assert found.data.metrics["diverged_replicas"] == 2
    assert {"best_val_loss", "test_loss", "final_val_loss"}.isdisjoint(found.data.metrics)
    assert all(np.isfinite(value) and abs(value) < 1e300 for value in found.data.metrics.values())
    steps = [point.step for point in store.client.get_metric_history(found.info.run_id, "val_loss")]
    assert steps
    assert max(steps) <= worse.history.evaluation_epochs[-3]


def test_a_study_trial_has_no_test_loss(store: Store) -> None:
    found = store.client.get_run(record_trial(store, trained(test=False), "a name", {}))
    assert "test_loss" not in found.data.metrics
    assert "test_loss" not in read_curves(store, TrialRun(found))


@pytest.mark.parametrize(("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")])
def test_a_run_whose_body_ends_badly_is_closed_as_such(store: Store, error: type[BaseException], status: str) -> None:
    made = begin_run(store, "sine", "a name", {}, time.time())

    def broken() -> None:
        with run_status(store, made.run_id):
            raise error

    with pytest.raises(error):
        broken()
    assert [found.info.status for found in store.client.search_runs([made.experiment_id])] == [status]


def test_errors_of_reading_are_lines(store: Store, result: TrialResult) -> None:
    with pytest.raises(ConfigError, match="no run 'nonsense'"):
        tracking.load("nonsense", store=store)
    run_id = record_trial(store, result, "a name", {})
    with pytest.raises(ConfigError, match="replicas 0 to 2, not 3"):
        tracking.load(run_id, 3, store=store)
    location = read_trial(store, run_id).info.artifact_uri.removeprefix("file://")
    Path(location, "weights/best.safetensors").unlink()
    with pytest.raises(StoreError, match=r"has lost its weights/best\.safetensors"):
        tracking.load(run_id, store=store)


def test_provenance_names_the_commit_that_runs() -> None:
    root = Path(__file__).resolve().parents[3]
    git = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True)
    if git.returncode == 0:
        assert environment()["commit"] == git.stdout.strip()
    assert environment()["uncommitted_changes"] in ("yes", "no", "unknown")


def test_a_trial_that_came_to_nothing_says_why(store: Store) -> None:
    run_id = record_failed_trial(
        store, FailedTrial(CONFIG, "its worker process died", time.time(), 2.0), "a name", {"trial": "3"}
    )
    found = read_trial(store, run_id)
    assert (found.info.status, found.tags["outcome"], found.tags["trial"]) == ("FAILED", "failed", "3")
    assert "died" in found.tags["reason"]
    assert read_config(found) == CONFIG
    assert found.is_recorded


def test_what_the_study_learns_from_the_record_is_what_it_learnt_from_the_training(store: Store) -> None:
    for result in (trained(test=False), replace(trained(test=False), history=diverged(trained().history))):
        again = read_result(store, read_trial(store, record_trial(store, result, "a name", {})))
        assert (again.outcome, again.loss, again.curve) == result.result[1:4]
        assert again.config == result.config


def test_a_full_disk_is_one_line_and_leaves_no_finished_run(
    store: Store, result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"cannot write to the store .* No space left on device"):
        record_trial(store, result, "a name", {})
    (run,) = store.client.search_runs([experiment_id(store, "sine")])
    assert run.info.status == "FAILED"
    assert not TrialRun(run).is_recorded


def test_files_are_on_disk_before_the_run_is_finished(
    store: Store, result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, rows = os.fsync, store.run_rows
    assert rows is not None
    complete = rows.complete

    def synced(descriptor: int) -> None:
        order.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def end(*arguments: Any) -> None:
        order.append("end")
        complete(*arguments)

    monkeypatch.setattr("os.fsync", synced)
    monkeypatch.setattr(rows, "complete", end)
    run_id = record_trial(store, result, "a name", {})
    before = order[: order.index("end")]
    assert {"best.safetensors", "final.safetensors", "curves.npz", "digests.json", "weights", run_id} <= set(before)
