"""`linrnn doctor` on stores that something has happened to."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, Never

import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search.sweep_config import sweep_config, sweep_config_of_run
from experiments.workflows.file_verification import find_verifiable_runs
from linrnn.errors import ConfigError
from linrnn.models import DEFAULT_MODELS
from tests.faults.harness import BUDGET, copy_store, facts
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.runs.verification import TrialRecord, find_content_damage, load_record
from tracking.runs.writer import begin_run
from tracking.schema import Tag
from tracking.store.access import Store, open_store
from tracking.store.databases import relocate

CONFIG = sweep_config("sine", DEFAULT_MODELS, BUDGET)


@pytest.fixture
def swept(golden_copy: Store) -> Store:
    return golden_copy


def doctor(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(group, ["doctor", "--store", str(folder), "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def cured(folder: Path, capsys: pytest.CaptureFixture[str], part: str) -> None:
    """It is seen, not mended unasked, mended when asked, and gone then."""
    for _ in range(2):
        code, found = doctor(folder, capsys)
        assert code == 1
        assert any(part in finding["what"] and not finding["fixed"] for finding in found["findings"]), found
    code, found = doctor(folder, capsys, "--fix")
    assert (code, all(finding["fixed"] for finding in found["findings"])) == (0, True)
    assert doctor(folder, capsys)[1]["findings"] == []


def test_a_sound_store_is_counted(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = doctor(swept.folder, capsys)
    assert (code, found["findings"]) == (0, [])
    assert (found["facts"]["runs"], found["facts"]["trials"]) == ("21 (21 FINISHED)", "18 (18 COMPLETE)")
    assert run(group, ["doctor", "--store", str(swept.folder)]) == 0
    assert "no problems" in capsys.readouterr().out


def test_runs_that_nobody_is_at_are_closed(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    begin_run(swept, "sine", "cut short", {"phase": "single"}, time.time())
    begin_run(swept, "sweeps", "cut short", {"studies": "sine linear 0", "task": "sine", "identity": "0"}, time.time())
    swept.client.create_run(experiment_id(swept, "sine"))  # somebody else's is left alone
    cured(swept.folder, capsys, "is RUNNING")
    statuses = [
        r.info.status for name in ("sine", "sweeps") for r in swept.client.search_runs([experiment_id(swept, name)])
    ]
    assert sorted(set(statuses)) == ["FINISHED", "KILLED", "RUNNING"]
    assert statuses.count("KILLED") == 2


def test_runs_of_a_sweep_that_is_going_on_are_left_alone(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (run_sweep,) = swept.client.search_runs([experiment_id(swept, "sweeps")])
    tags = {"phase": "confirmation", str(Tag.PARENT): run_sweep.info.run_id}
    going = begin_run(swept, "sine", "going on", tags, time.time())
    with swept.lock([CONFIG.study_name(CONFIG.bases[0])]):
        assert doctor(swept.folder, capsys, "--fix")[1]["findings"] == []
    cured(swept.folder, capsys, going.run_id)


@pytest.mark.long
def test_optuna_is_told_what_it_has_not_heard(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    before = facts(swept)
    name = CONFIG.study_name(CONFIG.bases[0])
    swept.studies.delete_study(swept.studies.get_study_id_from_name(name))
    cured(swept.folder, capsys, "not in Optuna")
    assert facts(open_store(swept.folder)) == before


def test_a_moved_store_is_mended(swept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = facts(swept)
    after = tmp_path / "moved"
    swept.folder.rename(after)
    assert run(group, ["train", "sine", "--model", "linear", "--epochs", "1", "-q", "--store", str(after)]) == 6
    assert "was moved here from" in capsys.readouterr().err
    cured(after, capsys, "was moved here from")
    assert facts(open_store(after)) == before


def test_a_store_is_checked_whatever_the_folder_was_called(
    swept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, after = tmp_path / "damaged schema", tmp_path / "moved"
    swept.folder.rename(first)
    relocate(first)
    first.rename(after)
    code, found = doctor(after, capsys)
    assert (code, {finding["kind"] for finding in found["findings"]}) == (1, {"moved folder"})
    assert "runs" in found["facts"]


def test_what_cannot_be_mended_is_said(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = swept.client.search_runs([experiment_id(swept, "sine")], "tags.phase = 'search'")
    swept.client.delete_run(first.info.run_id)
    Path(second.info.artifact_uri.removeprefix("file://"), "curves.npz").unlink()
    (swept.folder / "mlflow.db.new").write_text("")
    code, found = doctor(swept.folder, capsys, "--fix")
    assert code == 1
    whats = {finding["what"].partition(" ")[0]: finding["fixed"] for finding in found["findings"]}
    assert whats == {"mlflow.db.new": True, "trial": False, "run": False}


def test_every_file_is_verified_when_asked(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = swept.client.search_runs([experiment_id(swept, "sine")], "tags.phase = 'search'")
    folders = [Path(run.info.artifact_uri.removeprefix("file://")) for run in (first, second)]
    weights = bytearray((folders[0] / "weights" / "best.safetensors").read_bytes())
    weights[-1] ^= 1
    (folders[0] / "weights" / "best.safetensors").write_bytes(weights)
    (folders[1] / "environment.json").unlink()
    assert doctor(swept.folder, capsys)[1]["findings"] == []
    code, found = doctor(swept.folder, capsys, "--verify", "-q")
    assert code == 1
    whats = {finding["what"] for finding in found["findings"]}
    assert whats == {
        f"run {first.info.run_id} is damaged: weights/best.safetensors is not the file that was written "
        "(its SHA-256 differs)",
        f"run {second.info.run_id} is damaged: environment.json is missing",
    }


def test_weights_with_a_forged_digest_are_found(swept: Store, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_ = swept.client.search_runs([experiment_id(swept, "sine")], "tags.phase = 'search'")
    folder = Path(first.info.artifact_uri.removeprefix("file://"))
    content = bytearray((folder / "weights" / "best.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "weights" / "best.safetensors").write_bytes(content)
    digests = json.loads((folder / "digests.json").read_text())
    digests["weights/best.safetensors"] = sha256(content).hexdigest()
    forged = json.dumps(digests).encode()
    (folder / "digests.json").write_bytes(forged)
    swept.client.set_tag(first.info.run_id, "digests", sha256(forged).hexdigest())
    assert doctor(swept.folder, capsys)[1]["findings"] == []
    code, found = doctor(swept.folder, capsys, "--verify", "-q")
    assert code == 1
    (what,) = (finding["what"] for finding in found["findings"])
    assert what == (
        f"run {first.info.run_id} is damaged: weights/best.safetensors holds other weights than those whose "
        "digests are in curves.npz"
    )


def test_settings_of_another_version_are_no_damage(swept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(record: TrialRecord) -> Never:
        raise ConfigError("a setting of another version")

    monkeypatch.setattr(TrialRecord, "load", refuse)
    (first, *_) = find_verifiable_runs(swept)
    assert list(find_content_damage(load_record(swept, first))) == []


def test_a_damaged_database_is_named(swept: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "damaged"
    copy_store(swept.folder, folder)
    content = bytearray((folder / "optuna.db").read_bytes())
    content[8192 : 8192 + 4096] = b"x" * 4096
    (folder / "optuna.db").write_bytes(content)
    code, found = doctor(folder, capsys, "--fix")
    assert code == 6
    assert any("optuna.db is damaged" in finding["what"] for finding in found["findings"])


def test_a_sweep_is_read_back_from_its_params() -> None:
    given = sweep_config("sine", DEFAULT_MODELS, BUDGET | {"training.clip_norm": "2.0"})
    assert sweep_config_of_run(given.text()) == given
    plain = sweep_config("xor", ["tanh"], {})
    assert sweep_config_of_run(plain.text()) == plain
    undone = sweep_config("delay", ["linear", "tanh"], {"model.init": "default"})  # not the task's own default
    assert sweep_config_of_run(undone.text()) == undone
