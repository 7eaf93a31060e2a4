"""`linrnn gc` deletes the leavings of interrupted work, when it is asked to, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.conftest import Here
from tests.faults.harness import facts
from tracking.runs.writer import begin_run, end_run
from tracking.store.access import Store
from tracking.store.locks import SINGLE


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
