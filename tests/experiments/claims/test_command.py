"""`linrnn claims`: table, JSON, page, resume, and what is refused."""

from __future__ import annotations

import csv
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from experiments.claims.claim import Budget
from experiments.search.executors import SerialExecutor
from tests.conftest import Here
from tracking.runs.claims_record import claims_run, read_claims
from tracking.store.access import open_store

QUICK = ("--quick", "-q", "--only", "a")


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials are trained here, without figures of their own."""
    monkeypatch.setattr("experiments.search.executors.local_workers", lambda _: nullcontext(SerialExecutor()))
    monkeypatch.setattr("experiments.claims.evidence.trial_artifacts", lambda *_: {})
    monkeypatch.setattr("experiments.claims.claim.QUICK", Budget(2, 500))


@pytest.mark.usefixtures("one_process", "here_is_a_store")
@pytest.mark.long
def test_a_claim_is_measured_recorded_and_written_once(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = here("claims", *QUICK, "-o", "page", "--json")
    (claim,) = json.loads(out)["claims"]
    assert code == 0
    assert claim.keys() >= {"id", "claim", "verdict", "condition", "numbers", "reversal", "runs", "command"}
    assert (claim["id"], claim["verdict"]) == ("a", "holds if")
    assert claim["numbers"]["largest relative difference of states, recurrence and sum"] < 1e-12
    assert {path.name for path in (tmp_path / "page").iterdir()} == {"claims.md", "claim-a.png", "claim-a.csv"}
    page = (tmp_path / "page" / "claims.md").read_text()
    assert claim["claim"] in page
    assert "![Claim a](claim-a.png)" in page
    rows = list(csv.reader((tmp_path / "page" / "claim-a.csv").read_text().splitlines()))
    assert rows[0] == claim["figure"]["header"]
    assert len(rows) == 1 + len(claim["figure"]["rows"])

    def no_workers(count: int) -> Any:
        raise AssertionError("trials are trained again")

    monkeypatch.setattr("experiments.search.executors.local_workers", no_workers)
    code, out, _ = here("claims", *QUICK)
    assert code == 0
    assert "holds if" in out
    assert "(a) reverses: with tanh" in out
    with claims_run(open_store(tmp_path)) as run:
        assert read_claims(open_store(tmp_path), run) == {"a": claim}


def test_an_unknown_claim_is_refused_and_nothing_is_written(here: Here, tmp_path: Path) -> None:
    code, _, err = here("claims", "--only", "g")
    assert code == 2
    assert "there are: a, b, c, d, e, f" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("here_is_a_store")
def test_a_file_in_the_place_of_the_folder_is_refused_before_anything_is_trained(here: Here, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("mine")
    code, _, err = here("claims", *QUICK, "-o", "page")
    assert code == 2
    assert len(err.splitlines()) <= 2
    assert (tmp_path / "page").read_text() == "mine"


@pytest.mark.long
def test_all_claims_within_a_tiny_budget(here: Here) -> None:
    code, out, _ = here("claims", "--quick", "--json", "--workers", "2")
    assert code == 0
    assert [claim["id"] for claim in json.loads(out)["claims"]] == list("abcdef")
