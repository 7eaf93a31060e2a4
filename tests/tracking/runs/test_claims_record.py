"""The run of the claims: one in a store, closed however the work ends."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run as execute
from tracking.mlflow_ui.links import all_links
from tracking.run_views import TrialRun
from tracking.runs.claims_record import claims_run, read_claims, write_claims
from tracking.runs.consistency import find_colorless_runs, find_stale_runs
from tracking.runs.query import find_all_runs, find_runs
from tracking.runs.verification import load_record
from tracking.schema import CLAIMS, Artifact, Tag
from tracking.store.access import Store
from tracking.store_errors import LockConflictError


def fail_in_second_run(store: Store) -> tuple[str, dict[str, Any]]:
    """What a body that ends with an error has seen."""
    seen = ("", {})
    with suppress(ZeroDivisionError), claims_run(store) as second:
        seen = second.run_id, read_claims(store, second)
        raise ZeroDivisionError
    return seen


RESULT = {"id": "e", "verdict": "refuted"}


def test_every_command_has_the_same_run(store: Store) -> None:
    with claims_run(store) as first:
        write_claims(store, first, {"e": RESULT}, {"claim-e.png": b"png"}, "the note")
        assert [run.info.status for run in find_runs(store, CLAIMS)] == ["RUNNING"]
        assert find_stale_runs(store, find_all_runs(store)) == [], "a process holds its lock"
        with pytest.raises(LockConflictError), claims_run(store):
            pass
    assert fail_in_second_run(store) == (first.run_id, {"e": RESULT})
    (run,) = find_runs(store, CLAIMS)
    assert run.info.status == "FAILED"
    with claims_run(store):
        pass
    (run,) = find_runs(store, CLAIMS)
    assert run.info.status == "FINISHED"
    assert run.data.tags[Tag.NOTE] == "the note"
    assert run.data.tags[Tag.CLAIMS] == "e"
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    assert json.loads((folder / Artifact.CLAIMS).read_text()) == {"claims": [RESULT]}
    assert (folder / "figures" / "claim-e.png").read_bytes() == b"png"


def test_a_killed_command_leaves_a_stale_run(store: Store) -> None:
    with claims_run(store) as run:
        pass
    store.client.update_run(run.run_id, status="RUNNING")
    (stale,) = find_stale_runs(store, find_all_runs(store))
    assert stale.run_id == run.run_id


def test_damaged_results_are_measured_again(store: Store) -> None:
    with claims_run(store) as run:
        assert read_claims(store, run) == {}
        folder = Path(run.info.artifact_uri.removeprefix("file://"))
        for content in (b"{", b"[]", b'{"claims": [1]}'):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / Artifact.CLAIMS).write_bytes(content)
            assert read_claims(store, run) == {}


def test_it_is_no_trial_and_the_ui_lists_it_under_no_task(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    from linrnn.errors import ConfigError

    with claims_run(store):
        pass
    (run,) = find_all_runs(store)
    assert isinstance(run, TrialRun)
    with pytest.raises(ConfigError, match="holds no trained trial"):
        load_record(store, run)
    assert all_links(store, "http://127.0.0.1:5000") == {}
    assert run.is_claims
    assert find_colorless_runs([run]) == []
    assert execute(group, ["show", run.run_id, "--store", str(store.folder)]) == 2
    assert capsys.readouterr().err.count("linrnn claims shows them") == 1
