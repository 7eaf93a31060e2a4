"""Databases and artifacts are in the folder that was named, whatever characters its name has."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search.sweep_config import sweep_config
from experiments.workflows.progress import NullProgress
from experiments.workflows.sweep import run_sweep
from linrnn.models import DEFAULT_MODELS
from tests.faults.harness import new_store
from tracking.store.access import open_store
from tracking.store.urls import file_path, file_url, sqlite_path, sqlite_url
from tracking.store_errors import StoreError

ALONE = ["data?v2", "my%20store", "50%25off", "a#b", "a b", "ä ö", "{x}"]
NAMES = [
    "data?v2 {x}",
    "my%20store",
    "50%25off a#b;c&d=e@f:g ä",
    *(pytest.param(name, marks=pytest.mark.long) for name in ALONE),
]
BUDGET = {"sweep.trials": "1", "sweep.confirmation": "2", "training.epochs": "3", "training.replicas": "2"}


def neighbours(folder: Path) -> dict[str, bytes]:
    """Plain neighbours that a wrong escape would lead to, made."""
    for name in ("data", "my store", "50%off", "a", "x", "ä", "%7Bx%7D"):
        for file in ("mlflow.db", "optuna.db"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / file).write_bytes(f"mine: {name}/{file}".encode())
    (folder / "v2").write_bytes(b"mine")
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.long
def test_a_store_works_in_any_folder_and_leaves_its_neighbours_alone(
    empty_store: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    around = tmp_path / "around"
    around.mkdir()
    before = neighbours(around)
    folders = {*around.iterdir()}
    folder = new_store(empty_store, around / name)
    store = open_store(folder)
    with ThreadPoolExecutor(1) as executor:
        run_sweep(sweep_config("sine", DEFAULT_MODELS, BUDGET), store, executor, NullProgress())
    assert {*around.iterdir()} == {*folders, folder}
    assert {path: content for path, content in contents(around).items() if path in before} == before
    experiment = store.client.get_experiment_by_name("sine")
    trial = store.client.search_runs([experiment.experiment_id], "tags.phase = 'search'")[0].info.run_id
    here = ["--store", str(folder)]
    for command in (["compare", "sine"], ["doctor"], ["export", trial, str(tmp_path / f"out {name}")]):
        assert run(group, [*command, *here]) == 0, capsys.readouterr().err
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert len(optuna.get_all_study_names("sqlite:///optuna.db")) == len(DEFAULT_MODELS)
    assert {*around.iterdir()} == {*folders, folder}


def test_a_store_is_created_and_moved_where_its_name_says(tmp_path: Path) -> None:
    before = neighbours(tmp_path)
    folders = {*tmp_path.iterdir()}
    first, second = tmp_path / "data?v2 {x} 50%25off", tmp_path / "my%20store#"
    assert open_store(first).studies.get_all_studies() == []
    first.rename(second)
    with pytest.raises(StoreError, match="was moved here from"):
        open_store(second)
    assert run(group, ["doctor", "--fix", "--store", str(second)]) == 0
    open_store(second)
    assert {*tmp_path.iterdir()} == {*folders, second}
    shutil.rmtree(second)
    assert contents(tmp_path) == before


def test_a_name_that_is_not_utf_8_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    with pytest.raises(StoreError) as raised:
        open_store(folder)
    assert str(raised.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_relative_url_is_that_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sqlite_path("sqlite:///mlflow.db") == tmp_path / "mlflow.db"
    for other in ("sqlite:///:memory:", "sqlite:///", "postgresql://host/base", "http://host"):
        assert sqlite_path(other) is None
    for other in ("s3://bucket/x", "http://host/x", "file://[::1/x", "file:///a\0b", ""):
        assert file_path(other) is None


def test_a_plain_path_has_a_plain_url() -> None:
    assert sqlite_url(Path("/my store/ä#/mlflow.db")) == "sqlite:////my store/ä#/mlflow.db"


@given(st.lists(st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_a_url_leads_to_the_path_that_it_was_made_of(parts: list[str]) -> None:
    path = Path("/", *(part for part in parts if part not in (".", "..")), "a.db")
    assert sqlite_path(sqlite_url(path)) == path
    assert file_path(file_url(path)) == path
    literal = Path(sqlite_url(path).removeprefix("sqlite:///")).parent  # what MLflow creates
    assert literal == path.parent or literal in path.parents
