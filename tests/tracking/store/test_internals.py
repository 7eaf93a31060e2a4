"""What linrnn uses of MLflow's and Optuna's internals is where it was, and nothing else uses internals."""

from __future__ import annotations

import ast
import inspect
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import mlflow
import mlflow.store.db.utils as mlflow_utils
import optuna
import pytest
import sqlalchemy
from mlflow import environment_variables
from mlflow.server import constants
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel
from optuna.storages._rdb.models import TrialIntermediateValueModel as CurveRow
from optuna.trial import create_trial

from tracking.mlflow_ui.views import PREFIX
from tracking.store import library_internals as internals
from tracking.store.access import Store, open_store
from tracking.store.study_table import OptunaTrial, storage_trials

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = {
    "tracking/store/library_internals.py",
    "tests/tracking/store/test_internals.py",
    "tests/experiments/search/test_optuna_adapter.py",  # pins what Optuna's sampler is called with
}
PRIVATE_MODULES = ("mlflow.store", "optuna.storages._")
PRIVATE_NAMES = {"_tracking_client", "_registry_client", "_study_id", "_trial_id", "_storage", "_backend", "_rdb"}
MOVED = "an upgrade moved it: adapt tracking/store/library_internals.py, then SUPPORTED in it"


@pytest.mark.parametrize("library", internals.SUPPORTED)
def test_the_installed_version_is_one_that_was_checked(library: str) -> None:
    assert version(library).startswith(internals.SUPPORTED[library] + "."), f"{library} {version(library)}: {MOVED}"


@pytest.mark.parametrize("name", ["_get_latest_schema_revision", "_upgrade_db"])
def test_functions_of_mlflow_are_there(name: str) -> None:
    assert callable(getattr(mlflow_utils, name, None)), f"mlflow.store.db.utils.{name}: {MOVED}"


def test_the_server_reads_the_variables_that_are_set() -> None:
    names = [constants.BACKEND_STORE_URI_ENV_VAR, constants.REGISTRY_STORE_URI_ENV_VAR, constants.ARTIFACT_ROOT_ENV_VAR]
    names += [environment_variables.MLFLOW_SERVER_ENABLE_JOB_EXECUTION.name]
    names += [environment_variables.MLFLOW_DISABLE_TELEMETRY.name]
    assert [*internals.server_environment("sqlite:////a.db", "file:///b")] == names, MOVED


def test_arguments_and_attributes_are_there(store: Store) -> None:
    assert list(inspect.signature(SqlAlchemyStore).parameters)[:2] == ["db_uri", "default_artifact_root"], MOVED
    assert hasattr(getattr(store.client, "_tracking_client", None), "store"), f"MlflowClient._tracking_client: {MOVED}"
    assert isinstance(store.client._tracking_client.store.engine, sqlalchemy.Engine), MOVED
    assert {"engine_kwargs", "skip_compatibility_check"} <= inspect.signature(RDBStorage).parameters.keys(), MOVED
    for name in ("get_head_version", "upgrade", "get_all_studies", "get_all_trials", "get_study_id_from_name"):
        assert callable(getattr(RDBStorage, name, None)), f"RDBStorage.{name}: {MOVED}"


def test_mlflow_sets_the_timeout_that_is_replaced() -> None:
    assert f"PRAGMA {internals.MLFLOW_TIMEOUT};" in inspect.getsource(mlflow_utils), MOVED


def test_a_new_trial_is_what_optuna_itself_adds_and_whole_or_not_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = RDBStorage(store.studies_url)
    space = {"x": optuna.distributions.FloatDistribution(0.1, 1, log=True)}
    trial = optuna.trial.create_trial(
        value=1.5,
        params={"x": 0.5},
        distributions=space,
        user_attrs={"run_id": "a"},
        intermediate_values={10: 0.1 + 0.2, 5: float("inf"), 20: float("nan")},
    )
    trials = []
    for name, storage in (("ours", store.studies), ("optuna's", own)):
        study = optuna.create_study(storage=storage, study_name=name)
        study.add_trial(trial)
        study.add_trial(trial)
        again = optuna.load_study(storage=RDBStorage(store.studies_url), study_name=name)
        trials.append([repr(each).replace(f"trial_id={each._trial_id}", "") for each in again.trials])
    assert trials[0] == trials[1]
    assert trial.intermediate_values.keys() == {5, 10, 20}

    def interrupt(value: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(CurveRow, "intermediate_value_to_stored_repr", interrupt)
    with pytest.raises(KeyboardInterrupt):
        optuna.load_study(storage=store.studies, study_name="ours").add_trial(trial)
    assert len(own.get_all_trials(own.get_study_id_from_name("ours"))) == 2


def test_writers_wait_a_minute_for_each_other_however_often_a_store_is_opened(store: Store) -> None:
    listeners = []
    for each in (store, open_store(store.folder)):
        tracking_store = each.client._tracking_client.store
        with tracking_store.ManagedSessionMaker() as session:
            assert session.execute(sqlalchemy.text("PRAGMA busy_timeout")).scalar() == 60_000
        listeners.append(len(list(tracking_store.engine.dispatch.before_cursor_execute)))
    assert listeners == [1, 1]


def test_tables_and_columns_are_there(store: Store) -> None:
    tables = {*mlflow_utils.Base.metadata.tables, *BaseModel.metadata.tables}
    assert {*internals.RECORD_TABLES} <= tables, MOVED
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as connection:
        for table, column in internals.ARTIFACT_LOCATIONS:
            connection.execute(f"select {column} from {table}")
        connection.execute(internals.RUN_IDS, ("0*", "sweeps", True, 1))
        location = connection.execute(internals.FIRST_LOCATION).fetchone()
        assert location == ((store.folder / "mlruns" / "0").as_uri(),), MOVED
        assert internals.read_revisions(connection) == {internals.MLFLOW_REVISION}, MOVED
    with closing(sqlite3.connect(store.folder / "optuna.db")) as connection:
        assert internals.read_revisions(connection) == {internals.OPTUNA_REVISION}, MOVED


def test_all_columns_of_artifact_urls_are_known() -> None:
    locations = {
        (table.name, column.name)
        for table in mlflow_utils.Base.metadata.tables.values()
        for column in table.columns
        if column.name in ("artifact_location", "artifact_uri", "storage_location")
    }
    assert locations | {("model_versions", "source")} == {*internals.ARTIFACT_LOCATIONS}, MOVED


def test_revisions_are_those_of_the_libraries_also_where_others_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert internals.library_revisions() == (internals.MLFLOW_REVISION, internals.OPTUNA_REVISION), MOVED
    monkeypatch.setattr(internals, "version", lambda name: "99.0")
    monkeypatch.setattr(internals, "library_revisions", lambda: ("a", "b"))
    assert internals.schema_revisions.__wrapped__() == ("a", "b")


def test_trials_are_listed_by_study_as_optuna_lists_them(store: Store) -> None:
    study = optuna.create_study(storage=store.studies, study_name="one")
    optuna.create_study(storage=store.studies, study_name="two")
    params = {"size": IntDistribution(2, 64, log=True), "rate": FloatDistribution(1e-4, 0.1, log=True)}
    values = {"size": 11, "rate": 0.005057020226496487}
    study.add_trial(create_trial(params=values, distributions=params, value=0.1, user_attrs={"run_id": "4f0c"}))
    study.add_trial(create_trial(value=math.inf, user_attrs={"other": 1}))
    study.enqueue_trial({})
    trials = store.list_trials()
    assert trials == storage_trials(store.studies)
    assert trials == {
        "one": [
            OptunaTrial(0, "COMPLETE", "4f0c", values, 0.1),
            OptunaTrial(1, "COMPLETE", None, {}, None),
            OptunaTrial(2, "WAITING", None, {}, None),
        ],
        "two": [],
    }


def test_the_ui_reads_saved_views_from_the_tag_that_we_write() -> None:
    pages = Path(mlflow.__file__).parent / "server" / "js" / "build" / "static" / "js"
    assert any(PREFIX in page.read_text(errors="replace") for page in pages.glob("*.js")), f"{PREFIX}: {MOVED}"


def sources() -> Iterator[Path]:
    for room in ("linrnn", "tracking", "experiments", "tests"):
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if str(path.relative_to(ROOT)) not in ALLOWED)


def test_no_other_module_uses_internals() -> None:
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            private = [name for name in names if name.startswith(PRIVATE_MODULES)]
            private += [
                name for name in names if name.split(".")[0] in ("mlflow", "optuna") and "._" in name.replace("__", "")
            ]
            if isinstance(node, ast.Attribute) and node.attr in PRIVATE_NAMES:
                private.append(node.attr)
            found += [f"{path.relative_to(ROOT)}: {name}" for name in private]
    assert not found, "only tracking/store/library_internals.py may use these"
