"""The schema of a run: its names stand in one place, and a run that contradicts it is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest
from mlflow.entities import Param as MlflowParam
from mlflow.entities import Run, RunData, RunInfo, RunTag

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from tests.source import PATHS, TREES
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.run_views import SweepRun, TrialRun, to_linrnn_run
from tracking.runs.query import find_sweeps, find_trials
from tracking.runs.writer import baseline_metrics, begin_run, end_run
from tracking.schema import (
    VERSION,
    Artifact,
    CurveArray,
    Metric,
    Param,
    Phase,
    SchemaError,
    SchemaName,
    StepArray,
    Tag,
)
from tracking.search_settings import common_search_settings, search_metrics
from tracking.store.access import Store

HOME = ("tracking.schema", "tracking.run_views")
MODULES = {module for module in PATHS if module.startswith(("tracking", "experiments"))} - set(HOME)
KINDS: tuple[type[SchemaName], ...] = (Tag, Metric, Param, Artifact, CurveArray, StepArray)
FLAT_TEXT = {"task", "model", "sweep.trials"}  # names of settings, which the config declares
NAMES = {name for kind in KINDS for member in kind for name in member.names} - FLAT_TEXT
DISTINCT = {name for name in NAMES if "." in name}  # artifacts and MLflow's own tags: no word of a language
OUTPUT = (  # --json, --csv and tables have names of their own
    "experiments.__main__",
    "experiments.cli",
    "experiments.report",
    "experiments.claims",  # their tables, pages and JSON
    "experiments.benchmark",
    "experiments.calibration",  # its files of results
    "experiments.notebook",  # columns of DataFrames
)
ALLOWED = {
    "experiments.cli.report": {"report.html"},  # the default of --output
    "experiments.report.html": {"report.html"},  # the template
    "experiments.search.optuna_adapter": {"outcome"},  # an attribute of Optuna's trial
    "experiments.search.sweep_config": {
        "data_file",
        "fixed",
        "objective",
    },  # keys that a study's digest is computed from, forever
    "experiments.workflows.doctor": {"schema"},  # a kind of finding
    "tracking.mlflow_ui.model_registry": {"best"},  # the alias of a registered model
    "tracking.mlflow_ui.views": {"models"},  # the key of a view in links
    "tracking.runs.consistency": {"studies"},  # a line of linrnn doctor
    "tracking.runs.artifacts": {"data_file"},  # an item of environment.json
    "tracking.runs.environment": {"data_file"},  # an item of environment.json
    "tracking.runs.reader": {"best"},  # an argument of tracking.load
    "tracking.store.library_internals": {"studies"},  # a table of Optuna's
}


def literals(module: str) -> Iterator[str]:
    """All string constants of a module but its docstrings."""
    nodes = list(ast.walk(TREES[module]))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_name_of_the_schema_is_written_elsewhere() -> None:
    for module in MODULES:
        names = DISTINCT if module.startswith(OUTPUT) else NAMES
        assert set(literals(module)) & names <= ALLOWED.get(module, set()), module


def test_no_array_of_the_curves_is_named_where_they_are_read() -> None:
    for module in MODULES:
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                assert not (ast.unparse(node.value).endswith("curves") and node.slice.value in set(CurveArray)), module


def test_no_query_has_a_name_in_it() -> None:
    names = "|".join(map(re.escape, NAMES | FLAT_TEXT))
    for module in MODULES:
        assert not re.search(rf"\b(tags|params|metrics)\.[`\"]?({names})\b", "\n".join(literals(module))), module


def test_no_run_is_read_but_through_its_view() -> None:
    for module in MODULES:
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                assert node.value.attr != "data" or node.attr not in ("tags", "params", "metrics"), module


def test_every_name_has_a_meaning_and_is_used_once() -> None:
    for kind in KINDS:
        assert all(member.meaning for member in kind)
        assert len(kind) == len(kind.__members__), "two names are one"
    metrics = [name for member in Metric for name in member.names]
    assert len(metrics) == len(set(metrics))


def mlflow_run(tags: dict[str, str], params: dict[str, str] | None = None, status: str = "FINISHED") -> Run:
    """A run as MLflow returns it."""
    info = RunInfo("0" * 31 + "1", "1", "user", status, 1000, 2000, "active")
    return Run(
        info, RunData([], [MlflowParam(*item) for item in (params or {}).items()], [RunTag(*t) for t in tags.items()])
    )


TRIAL: dict[str, str] = {Tag.PHASE: "search", Tag.OUTCOME: "complete", Tag.STUDY: "sine linear 0", Tag.TRIAL: "3"}
SWEEP: dict[str, str] = {Tag.TASK: "sine", Tag.STUDIES: "sine linear 0, sine tanh 0", Tag.IDENTITY: "0"}
BUDGET: dict[str, str] = {Param.MODELS: "linear, tanh", Param.TRIALS: "20"}


def test_a_view_reads_what_was_written() -> None:
    trial = TrialRun(mlflow_run(TRIAL, {"model": "linear"}))
    assert (trial.phase, trial.outcome, trial.study, trial.number) == (Phase.SEARCH, "complete", "sine linear 0", 3)
    assert (trial.model, trial.is_recorded, trial.has_result, trial.start_time) == ("linear", True, True, 1.0)
    assert trial.best_val_loss == trial.objective == float("inf")
    sweep = SweepRun(mlflow_run(SWEEP, BUDGET))
    assert (sweep.task, sweep.source, sweep.models, sweep.n_trials) == ("sine", "sine", ["linear", "tanh"], 20)
    assert sweep.studies == ["sine linear 0", "sine tanh 0"]


@pytest.mark.parametrize(("version", "objective"), [(None, 0.25), ("2", 0.25), ("3", 0.5)])
def test_the_objective_of_an_old_run_is_its_median(version: str | None, objective: float) -> None:
    run = mlflow_run(TRIAL | ({Tag.SCHEMA: version} if version else {}))
    run.data.metrics.update({"best_val_loss": 0.25, "objective": 0.5})
    assert TrialRun(run).objective == objective
    del run.data.metrics["objective"]
    assert TrialRun(run).objective == (float("inf") if version == "3" else 0.25)


@pytest.mark.parametrize(
    ("read", "named"),
    [
        (lambda: TrialRun(mlflow_run({})).phase, "phase"),
        (lambda: TrialRun(mlflow_run(TRIAL | {Tag.PHASE: "dream"})).phase, "dream"),
        (lambda: TrialRun(mlflow_run(TRIAL | {Tag.OUTCOME: "lost"})).outcome, "lost"),
        (lambda: TrialRun(mlflow_run(TRIAL | {Tag.TRIAL: "three"})).number, "three"),
        (lambda: TrialRun(mlflow_run(TRIAL)).model, "model"),
        (lambda: TrialRun(mlflow_run(TRIAL)).seconds, "seconds"),
        (lambda: SweepRun(mlflow_run(SWEEP)).models, "models"),
        (lambda: SweepRun(mlflow_run(SWEEP, BUDGET | {Param.TRIALS: "-1"})).n_trials, "sweep.trials"),
        (lambda: SweepRun(mlflow_run(SWEEP, BUDGET | {Param.MODELS: "linear"})).studies, "studies"),
    ],
)
def test_what_a_run_lacks_or_contradicts_is_named(read: Callable[[], object], named: str) -> None:
    with pytest.raises(SchemaError) as error:
        read()
    assert error.value.exit_code == 6
    assert named in str(error.value)
    assert "0" * 31 + "1" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("version", [str(VERSION + 1), "new"])
def test_a_store_of_a_newer_version_is_named(store: Store, capsys: pytest.CaptureFixture[str], version: str) -> None:
    tags = SWEEP | {Tag.BASELINES: "0", Tag.SCHEMA: version}
    sweep = begin_run(store, "sweeps", "newer", tags, 0.0)
    end_run(store, sweep.run_id, "FINISHED")
    for arguments in (["compare"], ["reproduce", "--sweep", sweep.run_id], ["report"]):
        assert run(group, [*arguments, "--store", str(store.folder)]) == 6
        (line,) = capsys.readouterr().err.splitlines()
        assert sweep.run_id in line
    assert run(group, ["doctor", "--store", str(store.folder)]) == 1
    assert f"problem: run {sweep.run_id}" in capsys.readouterr().out


def test_a_newer_experiment_is_not_written_to(store: Store) -> None:
    number = experiment_id(store, "sine")
    store.client.set_experiment_tag(number, str(Tag.SCHEMA), str(VERSION + 1))
    store.experiment_ids.clear()
    with pytest.raises(SchemaError, match="'sine' was written by a newer linrnn"):
        begin_run(store, "sine", "a name", {}, 0.0)


def test_each_run_has_the_version(store: Store) -> None:
    for experiment in ("sine", "sweeps"):
        info = begin_run(store, experiment, "a name", {}, 0.0)
        assert store.client.get_run(info.run_id).data.tags["schema"] == str(VERSION)


def test_runs_of_other_programs_are_ignored(store: Store) -> None:
    ours = begin_run(store, "sine", "a name", {Tag.PHASE: Phase.SINGLE}, 0.0)
    theirs = store.client.create_run(experiment_id(store, "sine"))
    store.client.create_run(experiment_id(store, "sweeps"), tags={"mlflow.source.name": "train.py"})
    assert to_linrnn_run(theirs) is None
    assert [trial.run_id for trial in find_trials(store, "sine")] == [ours.run_id]
    assert find_sweeps(store) == []


def test_searched_settings_are_metrics_by_their_declarations() -> None:
    from linrnn.baseline.baselines import compute_baselines
    from linrnn.training.trial_config import from_text

    config = from_text({"task": "sine", "model": "tanh", "model.hidden_size": "7", "training.learning_rate": "0.5"})
    logarithms = {"log10_hidden_size": pytest.approx(0.845098), "log10_learning_rate": pytest.approx(-0.301030)}
    assert search_metrics(config) == {"hidden_size": 7.0, "learning_rate": 0.5, **logarithms}
    settings = common_search_settings()
    assert list(settings) == ["model.hidden_size", "training.learning_rate"]
    assert len(set(settings.values()) | NAMES) == len(settings) + len(NAMES), "a setting has the name of another metric"
    baselines = compute_baselines(config.task)
    assert {name for name, _, _ in baseline_metrics(baselines)} == {
        "baseline_naive",
        "baseline_linear",
        "baseline_nonlinear",
        "bound_analytic",
        "bound_noise",
    }
