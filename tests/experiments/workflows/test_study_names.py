"""Names of studies differ with what they minimize, so that a sweep of an older linrnn is not continued."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from experiments.search.sweep_config import sweep_config, sweep_config_of_run
from experiments.workflows.resume import find_same_sweep
from linrnn.models import DEFAULT_MODELS
from tracking.runs.query import find_sweeps
from tracking.store.access import open_store
from tracking.store.databases import relocate

ARCHIVE = Path(__file__).resolve().parents[2] / "fixtures" / "store-0.1.0.tar.xz"


def study_names(task: str) -> list[str]:
    config = sweep_config(task, DEFAULT_MODELS, {})
    return [config.study_name(base) for base in config.bases]


@pytest.mark.parametrize("task", ["sine", "sunspots"])
def test_another_objective_is_another_study(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = study_names(task)
    assert names == study_names(task)
    monkeypatch.setattr("experiments.search.sweep_config.OBJECTIVE", "median")
    assert not set(names) & set(study_names(task))


def test_the_sweeps_of_an_old_store_are_read_and_not_continued(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    relocate(tmp_path / "store")
    store = open_store(tmp_path / "store")
    sweeps = find_sweeps(store)
    assert {sweep.task for sweep in sweeps} == {"sine", "levels.csv"}
    for sweep in sweeps:
        config = sweep_config_of_run(sweep.params)
        names = [config.study_name(base) for base in config.bases]
        assert not set(names) & set(sweep.studies)
        assert find_same_sweep(config, store, names) is None
        assert (config.bases[0].task.file_digest or "") == sweep.params.get("data_file", "")
