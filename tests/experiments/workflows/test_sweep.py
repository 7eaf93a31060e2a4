"""A real sweep into a real store, read back with MLflow's and Optuna's own clients."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from optuna.pruners import MedianPruner
from optuna.trial import FrozenTrial, TrialState, create_trial

import tracking
from experiments.report.figures.sweep_figures import draw_baselines
from experiments.report.figures.trial_figures import learning_curves
from experiments.report.html import sweep_artifacts
from experiments.report.serialization import baselines_json, sweeps_json
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import load_sweep
from experiments.report.trial_artifacts import trial_artifacts
from experiments.search.executors import SerialExecutor, local_workers
from experiments.search.optuna_adapter import (
    apply_params,
    ask,
    best_trial,
    pruning_limits,
    to_frozen_trial,
)
from experiments.search.search_space import free_settings
from experiments.search.study_state import StudyState
from experiments.search.sweep_config import CONFIRMATION_SEEDS, SweepConfig, sweep_config
from experiments.workflows import sweep_runner
from experiments.workflows.sweep import JobQueue, run_sweep
from experiments.workflows.trial import run_trial
from linrnn.analysis.verdict import decide_verdict
from linrnn.baseline.baselines import compute_baselines
from linrnn.errors import ConfigError
from linrnn.models import DEFAULT_MODELS
from linrnn.tasks import TASKS
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import from_text
from tests.conftest import Golden
from tests.faults import harness
from tests.faults.harness import TRIALS, Twin, facts, result
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.runs.file_list import list_files
from tracking.runs.query import last_sweeps, trial_runs
from tracking.runs.reader import read_baselines, read_config, read_curves, read_file, read_sweep, read_trial
from tracking.schema import FIGURES, Artifact
from tracking.store.access import Store, open_store

BUDGET = {
    "sweep.trials": "6",
    "sweep.generation": "3",
    "sweep.confirmation": "4",
    "training.epochs": "30",
    "training.replicas": "2",
}
TINY = {"training.epochs": "5", "training.replicas": "2"}
SEARCHED = ["model.hidden_size", "training.learning_rate"]


@pytest.fixture
def done(golden: Golden) -> Golden:
    return golden


class TestSweep:
    def test_every_trial_of_both_studies_is_a_finished_run(self, done: Any) -> None:
        store, found, heard = done
        client = MlflowClient(store.tracking_uri)
        runs = client.search_runs([client.get_experiment_by_name("sine").experiment_id])
        assert len(runs) == len(heard) == TRIALS
        assert {run.info.status for run in runs} == {"FINISHED"}
        assert {run.data.tags["mlflow.parentRunId"] for run in runs} == {found["sweep_run"]}
        for model in DEFAULT_MODELS:
            mine = [run for run in runs if run.data.params["model"] == model]
            assert sorted(run.data.tags.get("trial", "confirmation") for run in mine) == [*"012345678", "confirmation"]
        assert all(run.info.run_name.startswith(run.data.params["model"]) for run in runs)

    def test_optuna_knows_the_same_trials(self, done: Any) -> None:
        store, _, _ = done
        client = MlflowClient(store.tracking_uri)
        for name in optuna.get_all_study_names(store.studies_url):
            trials = optuna.load_study(study_name=name, storage=store.studies_url).trials
            assert [trial.number for trial in trials] == list(range(9))
            for trial in trials:
                run = client.get_run(trial.user_attrs["run_id"])
                assert run.data.tags["trial"] == str(trial.number)
                assert run.data.tags["study"] == name
                assert trial.params["training.learning_rate"] == float(run.data.params["training.learning_rate"])
                assert trial.params["model.hidden_size"] == int(run.data.params["model.hidden_size"])
                if trial.state == TrialState.COMPLETE:
                    assert trial.value == run.data.metrics["objective"]
                else:
                    assert run.data.tags["outcome"] == "diverged"

    def test_best_runs_are_the_best_and_their_config_is_confirmed_on_fresh_seeds(self, done: Any) -> None:
        store, found, _ = done
        for study, confirmation in zip(found["studies"], found["confirmation"], strict=True):
            best, again = (read_config(read_trial(store, run)) for run in (study["best_run"], confirmation["run_id"]))
            assert study["objective"] == min(
                run.metrics["objective"]
                for run in trial_runs(store, read_sweep(store, found["sweep_run"]))
                if run.params["model"] == study["model"] and run.tags["phase"] == "search"
            )
            assert (again.model, again.task) == (best.model, best.task)
            assert again.training.learning_rate == best.training.learning_rate == study["learning_rate"]
            assert (again.seed, again.training.replicas) == (best.seed ^ CONFIRMATION_SEEDS, 6)

    def test_the_test_split_is_read_by_confirmations_alone(self, done: Any) -> None:
        store, found, _ = done
        for run in trial_runs(store, read_sweep(store, found["sweep_run"])):
            assert ("test_loss" in run.metrics) == (run.tags["phase"] == "confirmation")

    def test_logged_test_loss_follows_from_the_logged_weights(self, done: Any) -> None:
        store, found, _ = done
        for confirmation in found["confirmation"]:
            run = read_trial(store, confirmation["run_id"])
            test = read_config(run).task.splits().test
            losses = []
            for replica in range(confirmation["replicas"]):
                network = tracking.load(run.info.run_id, replica, store=store).double()
                with torch.no_grad():
                    outputs = network(torch.from_numpy(test.inputs))[0].numpy()
                variance = test.targets[test.first :].var(axis=(0, 1)).mean()  # mean over outputs
                losses.append(((outputs - test.targets)[test.first :] ** 2).mean() / variance)
            assert np.allclose(read_curves(store, run)["test_loss"], losses, rtol=1e-6)
            assert np.isclose(run.metrics["test_loss"], np.median(losses), rtol=1e-6)
            assert np.isclose(confirmation["median_test_loss"], np.median(losses), rtol=1e-6)
            spread = np.subtract(*np.quantile(losses, (0.75, 0.25)))
            assert np.isclose(confirmation["iqr"], spread, rtol=1e-6)

    def test_the_sweep_itself_is_a_run_with_the_table_as_its_description(self, done: Any) -> None:
        store, found, _ = done
        run = read_sweep(store, found["sweep_run"])
        assert run.info.status == "FINISHED"
        assert run.params["sweep.trials"] == "9"
        assert run.params["models"] == ", ".join(DEFAULT_MODELS)
        assert "\n| trials | 9 | 9 |\n" in run.tags["mlflow.note.content"]

    def test_its_baselines_and_its_verdict_are_on_its_run(self, done: Any) -> None:
        store, found, _ = done
        run = read_sweep(store, found["sweep_run"])
        baselines = compute_baselines(TASKS["sine"]())
        assert read_baselines(store, run) == baselines
        for name, losses in read_baselines(store, run).step_losses.items():
            assert np.array_equal(losses, baselines.step_losses[name].astype(np.float32))
        assert list(read_baselines(store, run).step_losses) == ["naive", "linear", "nonlinear"]
        expected = baselines_json(baselines, {})
        expected["baselines"]["intervals"] = found["baselines"]["intervals"]  # resampled beside the networks
        assert {name: found[name] for name in ("baselines", "bounds")} == expected
        for name, (low, high) in found["baselines"]["intervals"].items():
            assert low <= found["baselines"][name] <= high
        names = {"naive": "baseline_naive", "analytic": "bound_analytic", "noise": "bound_noise"}
        lines = {names.get(name, f"baseline_{name}"): loss for name, loss in baselines.lines.items()}
        assert {name: value for name, value in run.metrics.items() if name.startswith(("baseline", "bound"))} == lines
        assert read_file(store, run, "baselines.png").startswith(b"\x89PNG")
        record = load_sweep(store, run)
        for each in record.complete_confirmations:
            assert each.step_losses is not None
            assert each.step_losses.mean(axis=(1, 2)) == pytest.approx(each.curves["test_loss"], rel=1e-5)
        told = decide_verdict(record.baselines, {each.model: each.sample for each in record.complete_confirmations})
        assert (found["verdict"], found["reason"]) == (told.word, told.reason)
        assert run.tags["verdict"] == told.word
        description = run.tags["mlflow.note.content"]
        for words in (told.word, told.reason, "model.init=default", "9 trials", "linear baseline"):
            assert words in description

    def test_baselines_are_lines_of_every_trial_s_figure(self) -> None:
        baselines = compute_baselines(TASKS["sine"]())
        config = from_text({"task": "sine", "model": "linear", **TINY})
        trained = run_trial(config, artifacts=trial_artifacts, baselines=baselines)
        assert trained.files["curves.png"] != learning_curves(trained)
        assert trained.files["curves.png"] == learning_curves(trained, baselines)

    def test_the_store_alone_says_the_same_again(self, done: Any) -> None:
        store, found, _ = done
        again = last_sweeps(open_store(store.folder)).get("sine")
        assert again is not None
        assert sweeps_json([summarize(load_sweep(store, again))])["sweeps"] == [found]
        assert "xor" not in last_sweeps(store)

    def test_without_figures_it_has_the_same_result(self, golden: Golden, store: Store) -> None:
        config = sweep_config("sine", DEFAULT_MODELS, harness.BUDGET)
        run_sweep(config, store, SerialExecutor(), figures=False)
        assert result({"sweeps": [sweeps_json([summary(store)])["sweeps"][0]]}) == result({"sweeps": [golden.found]})
        numbers, all_files = file_names(store), file_names(golden.store)
        assert numbers < all_files
        drawn = {name for name in all_files if name.endswith((".png", ".html")) or name.startswith(FIGURES)}
        assert all_files - numbers == drawn | {Artifact.CHARACTERISATION}

    @pytest.mark.long
    def test_figures_and_report_that_workers_drew_are_those_drawn_here(self, golden: Golden) -> None:
        store = golden.store
        sweep = last_sweeps(store)["sine"]
        record = load_sweep(store, sweep)
        drawn = sweep_artifacts(record, summarize(record)) | {
            Artifact.BASELINES_FIGURE: draw_baselines(record.baselines)
        }
        assert {"report.html", f"{FIGURES}/importances.png", f"{FIGURES}/poles.png"} < drawn.keys()
        assert [name for name in drawn if read_file(store, sweep, name) != drawn[name]] == []

    def test_result_is_plain_json(self, done: Any) -> None:
        assert json.loads(json.dumps(done[1], allow_nan=False)) == done[1]

    def test_one_worker_here_and_two_in_another_process_find_the_same(self, golden: Golden, twin: Twin) -> None:
        assert facts(golden.store) == twin.facts
        assert result({"sweeps": [golden.found]}) == twin.printed


def summary(store: Store) -> SweepSummary:
    """Return the summary of the last sweep of the sine."""
    return summarize(load_sweep(store, last_sweeps(store)["sine"]))


def file_names(store: Store) -> set[str]:
    """Return the names of the files of the last sweep of the sine and of its confirmations."""
    sweep = last_sweeps(store)["sine"]
    return {name for run in (sweep, *trial_runs(store, sweep)) for name in list_files(store, run)}


class TestAsk:
    @pytest.mark.parametrize("model", sorted(DEFAULT_MODELS))
    def test_what_declares_a_search_range_is_searched_and_nothing_else(self, model: str) -> None:
        base = from_text({"task": "sine", "model": model})
        assert set(SEARCHED) <= free_settings(base, frozenset()).keys()
        for found in ask(base, free_settings(base, frozenset()), [], 3):
            assert 2 <= found.model.hidden_size <= 64
            assert 1e-4 <= found.training.learning_rate <= 1e-1
            assert (found.task, found.seed, found.training.epochs) == (base.task, base.seed, base.training.epochs)

    def test_a_setting_that_was_given_is_not_searched(self) -> None:
        config = sweep_config("sine", ["linear"], {"model.hidden_size": "9"})
        assert [found.model.hidden_size for found in ask(config.bases[0], config.space(config.bases[0]), [], 2)] == [
            9,
            9,
        ]
        assert list(config.space(config.bases[0])) == ["training.learning_rate"]

    def test_a_trial_that_is_over_has_the_very_params_that_were_asked(self) -> None:
        base = from_text({"task": "sine", "model": "tanh"})
        (asked,) = ask(base, free_settings(base, frozenset()), [], 1)
        trial = to_frozen_trial(
            free_settings(base, frozenset()), TrialSummary(asked, "complete", 1.0, {5: 2.0}, 0.0, 1.0), "id"
        )
        assert apply_params(base, trial.params) == asked

    def test_the_best_trial_is_one_without_diverged_replicas(self) -> None:
        base = from_text({"task": "sine", "model": "tanh"})
        (asked,) = ask(base, free_settings(base, frozenset()), [], 1)

        def finish(loss: float, has_diverged: bool) -> FrozenTrial:
            summary = TrialSummary(asked, "complete", loss, {5: loss}, 0.0, 1.0, has_diverged)
            return to_frozen_trial(free_settings(base, frozenset()), summary, "id")

        lucky, steady, other = finish(0.1, True), finish(0.2, False), finish(0.3, False)
        assert best_trial([lucky, other, steady]) is steady
        assert best_trial([lucky]) is lucky
        del lucky.user_attrs["has_diverged"]  # as versions before 0.2.0 recorded it
        assert best_trial([lucky, other, steady]) is lucky

    @given(st.integers(0, 2**40), st.integers(1, 6), st.integers(0, 9))
    @settings(max_examples=15)
    def test_an_answer_depends_on_the_history_and_the_number_alone(self, seed: int, count: int, known: int) -> None:
        base = from_text({"task": "sine", "model": "tanh", "seed": str(seed)})
        history: list[FrozenTrial] = []
        for number, config in enumerate(ask(base, free_settings(base, frozenset()), [], known) if known else []):
            result = TrialSummary(config, "complete", 1 / (1 + number), {5: 0.5}, 0.0, 1.0)
            history.append(to_frozen_trial(free_settings(base, frozenset()), result, "id"))
        together = ask(base, free_settings(base, frozenset()), history, count)
        np.random.seed(seed % 1000)  # what the global generator is at must not matter
        assert ask(base, free_settings(base, frozenset()), history, count) == together
        assert ask(base, free_settings(base, frozenset()), history, count + 2)[:count] == together
        assert len(set(map(str, together))) == count


class TestPruning:
    @given(st.integers(0, 10**6))
    @settings(max_examples=30)
    def test_limits_are_those_of_optunas_median_pruner(self, seed: int) -> None:
        random, epochs, milestones = np.random.default_rng(seed), 90, range(10, 91, 10)
        history = [
            create_trial(
                state=TrialState.COMPLETE if random.random() < 0.7 else TrialState.PRUNED,
                value=1.0,
                intermediate_values={step: float(random.random()) for step in milestones if random.random() < 0.9},
            )
            for _ in range(int(random.integers(3, 12)))
        ]
        study = optuna.create_study(pruner=MedianPruner(n_startup_trials=5, n_warmup_steps=epochs // 3))
        study.add_trials(history)
        trial, found, seen = study.ask(), pruning_limits(history, epochs), []
        for step in milestones:
            loss = float(random.random() + 0.3)
            seen.append(loss)
            trial.report(loss, step)
            assert trial.should_prune() == (min(seen) > found.get(step, math.inf))

    def test_a_trial_that_is_behind_is_stopped_where_it_was_and_ranks_below(self) -> None:
        config = from_text({"task": "sine", "model": "linear", "training.epochs": "100", "training.replicas": "2"})
        whole = run_trial(config)
        assert whole.outcome == "complete"
        stopped = run_trial(config, limits={20: math.inf, 40: 0.0, 60: 0.0})
        assert (stopped.outcome, stopped.history.epoch) == ("pruned", 40)
        assert np.array_equal(stopped.history.val_loss, whole.history.val_loss[: len(stopped.history.val_loss)])
        trial = to_frozen_trial(free_settings(config, frozenset()), stopped.result, "id")
        assert (trial.state, trial.value, max(trial.intermediate_values)) == (TrialState.PRUNED, None, 40)


@pytest.mark.long
def test_a_sweep_of_nothing_but_diverged_trials_says_so(store: Store) -> None:
    given = BUDGET | {"sweep.trials": "2", "training.learning_rate": "10", "training.epochs": "200"}
    config = sweep_config("sine", ["linear"], given | {"training.clip_norm": "inf"})
    with local_workers(1) as executor:
        found = sweeps_json([run_sweep(config, store, executor)])["sweeps"][0]
    study = found["studies"][0]
    assert (study["trials"], study["diverged"], study["best_run"], study["objective"]) == (2, 2, None, None)
    assert found["confirmation"] == []


@pytest.mark.parametrize("given", [{"sweep.trials": "0"}, {"sweep.trials": "many"}, {"seed": "-1"}])
def test_a_wrong_budget_is_a_line(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"must be a whole number"):
        sweep_config("sine", ["linear"], given)


@pytest.mark.long
def test_a_failing_trial_closes_the_sweeps_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    config: SweepConfig = sweep_config("sine", ["linear"], BUDGET | {"sweep.trials": "1"})
    monkeypatch.setattr(StudyState, "add", lambda *arguments: (_ for _ in ()).throw(RuntimeError("planted")))

    def broken() -> None:
        with local_workers(1) as executor:
            run_sweep(config, store, executor)

    with pytest.raises(RuntimeError, match="planted"):
        broken()
    runs = store.client.search_runs([experiment_id(store, "sweeps")])
    assert [run.info.status for run in runs] == ["FAILED"]
    assert "sine" not in last_sweeps(store)


@pytest.mark.parametrize(("version", "has_steps", "is_usable"), [(3, True, True), (3, False, False), (2, False, True)])
def test_baselines_without_the_step_losses_of_their_version_are_computed_again(
    monkeypatch: pytest.MonkeyPatch, version: int, has_steps: bool, is_usable: bool
) -> None:
    whole = compute_baselines("sine")
    recorded = whole if has_steps else replace(whole, step_losses={})
    monkeypatch.setattr(sweep_runner, "read_baselines", lambda store, run: recorded)
    run: Any = SimpleNamespace(version=version)
    store: Any = None
    assert (sweep_runner.find_baselines(store, run) is recorded) == is_usable


def test_results_that_are_there_at_once_are_recorded_in_the_order_of_their_trials() -> None:
    received: list[int] = []
    runner: Any = SimpleNamespace(receive=lambda job, _: received.append(job.number))
    queue = JobQueue(SerialExecutor())
    for number in range(50):
        job: Any = SimpleNamespace(number=number, submit=lambda executor: executor.submit(int))
        queue.submit(runner, job)
    queue.receive(0)
    assert received == [*range(50)]
