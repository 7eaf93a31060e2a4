"""Names of studies and identities of sweeps are those of linrnn 0.1.0, so that its sweeps are found again."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from experiments.search.sweep_config import sweep_config, sweep_config_of_run
from experiments.workflows.resume import find_same_sweep, sweep_identity
from linrnn.models import MODELS
from tracking.runs.query import find_sweeps
from tracking.store.access import open_store
from tracking.store.databases import relocate

ARCHIVE = Path(__file__).resolve().parents[2] / "fixtures" / "store-0.1.0.tar.xz"
NAMES = {  # by 0.1.0
    "sine": ["sine linear 0f5bbfb8", "sine tanh 4c81ae7f"],
    "sunspots": ["sunspots linear 505dc97f", "sunspots tanh db2da952"],
    "adding": ["adding linear b076719d", "adding tanh b404626a"],
}


@pytest.mark.parametrize("task", NAMES)
def test_studies_of_built_in_tasks(task: str) -> None:
    config = sweep_config(task, tuple(MODELS), {})
    assert [config.study_name(base) for base in config.bases] == NAMES[task]


def test_sweeps_of_a_task_and_of_a_file(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    relocate(tmp_path / "store")
    store = open_store(tmp_path / "store")
    sweeps = find_sweeps(store)
    assert {sweep.task for sweep in sweeps} == {"sine", "levels.csv"}
    for sweep in sweeps:
        config = sweep_config_of_run(sweep.params)
        assert [config.study_name(base) for base in config.bases] == sweep.studies
        assert sweep_identity(config, sweep.studies) == sweep.identity
        same = find_same_sweep(config, store, sweep.studies)
        assert same is not None
        assert same.run_id == sweep.run_id
        assert (config.bases[0].task.file_digest or "") == sweep.params.get("data_file", "")
