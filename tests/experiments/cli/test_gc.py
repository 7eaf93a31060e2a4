"""`linrnn gc` deletes the leavings of interrupted work, when it is asked to, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.conftest import Here
from tests.faults.harness import facts
from tracking.run_views import TrialRun
from tracking.runs.query import find_all_runs
from tracking.runs.reader import load
from tracking.runs.writer import begin_run, end_run
from tracking.schema import Phase
from tracking.store.access import Store
from tracking.store.locks import SINGLE
from tracking.store.urls import file_path
from tracking.store_errors import StoreError


def test_leavings_are_listed_and_deleted_when_asked(golden_copy: Store, here: Here) -> None:
    before = facts(golden_copy)
    tags = {"phase": "single", "outcome": "complete"}
    run = begin_run(golden_copy, "sine", "cut short", tags, time.time())
    end_run(golden_copy, run.run_id, "KILLED")
    orphan = golden_copy.folder / "mlruns" / "sine" / ("0" * 32) / "artifacts"
    orphan.mkdir(parents=True)
    (orphan / "curves.npz").write_bytes(b"x" * 1000)
    (golden_copy.folder / ".linrnn-0123").write_bytes(b"x" * 500)
    own = golden_copy.folder / "mlruns" / "mine.txt"
    own.write_text("mine")
    options = ("gc", "--store", str(golden_copy.folder))
    for _ in range(2):
        code, out, said = here(*options)
        assert (code, out.splitlines()[-1]) == (0, "3 leavings, 1.5 kB")
        assert "nothing was deleted" in said
    code, out, _ = here(*options, "--yes", "--json")
    assert (code, json.loads(out)["deleted"], len(json.loads(out)["leavings"])) == (0, True, 3)
    assert here(*options)[1] == "0 leavings, 0 bytes\n"
    assert facts(golden_copy) == before
    assert own.exists()
    assert not orphan.parent.exists()


def test_what_a_process_works_on_is_no_leaving(golden_copy: Store, here: Here) -> None:
    tags = {"phase": "single", "outcome": "complete"}
    cut, begun = (begin_run(golden_copy, "sine", "a trial", tags, time.time()) for _ in range(2))
    end_run(golden_copy, cut.run_id, "KILLED")
    options = ("gc", "--json", "--store", str(golden_copy.folder))
    with golden_copy.lock([SINGLE]):
        assert json.loads(here(*options)[1])["leavings"] == []
    (leaving,) = json.loads(here(*options)[1])["leavings"]
    assert cut.run_id in leaving["what"]
    assert begun.run_id not in leaving["what"]


def test_a_folder_without_a_store_is_refused(here: Here, tmp_path: Path) -> None:
    assert here("gc")[0] == 6
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_weights_of_other_than_the_best_are_deleted_on_purpose(golden_copy: Store, here: Here, tmp_path: Path) -> None:
    store = ("--store", str(golden_copy.folder))
    before, compared = facts(golden_copy), here("compare", "--json", *store)[1]
    runs = [run for run in find_all_runs(golden_copy) if isinstance(run, TrialRun)]
    assert "studies" not in here("gc", *store)[1], "without --best nothing of a recorded trial is deleted"
    code, out, _ = here("gc", "--best", "2", "--json", *store)
    listed = json.loads(out)
    assert (code, listed["deleted"], len(listed["leavings"])) == (0, False, 2), "one of each study"
    assert weights_of(runs) == {run.run_id for run in runs}
    used = sum(path.stat().st_size for path in (golden_copy.folder / "mlruns").rglob("*") if path.is_file())
    assert here("gc", "--best", "2", "--yes", *store)[0] == 0
    rest = sum(path.stat().st_size for path in (golden_copy.folder / "mlruns").rglob("*") if path.is_file())
    assert used - rest == listed["bytes"] > 0
    own = weights_of(runs)
    for model in ("linear", "tanh"):
        trials = [run for run in runs if run.model == model and run.phase is Phase.SEARCH]
        for count in range(1, 10):  # of a sweep of so many trials
            ranked = sorted((run for run in trials if run.number < count), key=lambda run: (run.objective, run.number))
            assert {run.run_id for run in ranked[:2]} <= own
        assert len({run.run_id for run in trials} - own) > 2
    assert {run.run_id for run in runs if run.phase is Phase.CONFIRMATION} <= own
    assert json.loads(here("doctor", "--verify", "--json", *store)[1])["findings"] == []
    assert here("compare", "--json", *store)[1] == compared
    assert (here("report", "-o", "report.html", *store)[0], here("gc", "--best", "2", *store)[1]) == (
        0,
        "0 leavings, 0 bytes\n",
    )
    assert facts(golden_copy) == before, "the same losses and digests of weights"


def test_a_trial_without_its_weights_is_reproduced_and_used_by_nothing_else(
    golden_copy: Store, here: Here, tmp_path: Path
) -> None:
    store = ("--store", str(golden_copy.folder))
    assert here("gc", "--best", "1", "--yes", *store)[0] == 0
    run = next(run for run in find_all_runs(golden_copy) if isinstance(run, TrialRun) and run.deletions)
    assert run.deletions == {"weights/best.safetensors", "weights/final.safetensors", "curves.png"}
    for command in ("characterise", "reduce", "forecast"):
        code, _, said = here(command, run.run_id, *store)
        assert code == 6
        assert f"linrnn reproduce {run.run_id[:8]}" in said
    with pytest.raises(StoreError, match="linrnn gc has deleted weights/final"):
        load(run.run_id, weights="final", store=golden_copy)
    shown = json.loads(here("show", run.run_id, "--json", *store)[1])
    assert (shown["damage"], "weights/best.safetensors" in shown["files"]) == (None, False)
    assert here("export", run.run_id, "exported", *store)[0] == 0
    for which in ((run.run_id, *store), ("exported",)):
        code, out, _ = here("reproduce", *which, "--json", "-q")
        found = json.loads(out)
        assert (code, found["verdict"]) == (0, "IDENTICAL")
        assert found["compared"]["weights"] > 2
        assert "final_weights" not in found["compared"]
    curves = golden_copy.folder / "mlruns" / "sine" / run.run_id / "artifacts" / "curves.npz"
    curves.unlink()
    assert here("reproduce", run.run_id, "-q", *store)[0] == 6, "a file that was not deleted on purpose"
    findings = json.loads(here("doctor", "--json", *store)[1])["findings"]
    assert [run.run_id in finding["what"] for finding in findings] == [True]


def test_files_outside_of_the_store_are_not_deleted(golden_copy: Store, here: Here, tmp_path: Path) -> None:
    runs = [run for run in find_all_runs(golden_copy) if isinstance(run, TrialRun) and run.phase is Phase.SEARCH]
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("best.safetensors", "final.safetensors"):
        (mine / name).write_bytes(b"mine")
    for run in runs:
        weights = golden_copy.folder / "mlruns" / "sine" / run.run_id / "artifacts" / "weights"
        weights.rename(weights.parent / "elsewhere")
        weights.symlink_to(mine)
    assert here("gc", "--best", "1", "--yes", "--store", str(golden_copy.folder))[0] == 0
    assert len(list(mine.iterdir())) == 2


def weights_of(runs: list[TrialRun]) -> set[str]:
    """The ids of the runs that have all their weights."""
    folders = {run.run_id: file_path(run.info.artifact_uri) for run in runs}
    return {run_id for run_id, folder in folders.items() if folder and len(list((folder / "weights").glob("*"))) == 2}
