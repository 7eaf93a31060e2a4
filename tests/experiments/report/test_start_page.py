"""The start page: cards of sweeps from their runs alone, escaped, on a scale that a loss of 0 does not stretch."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from experiments.report.start_page import Mark, describe_sweep, place_marks, render_start_page
from tracking.run_views import SweepRun, TrialRun

HOSTILE = '<img src=x onerror="alert(1)">.csv'


def make_run(run_id: str, tags: dict[str, str], params: dict[str, str], metrics: dict[str, float]) -> Any:
    info = SimpleNamespace(run_id=run_id, experiment_id="7", status="FINISHED", start_time=0, end_time=1)
    return SimpleNamespace(info=info, data=SimpleNamespace(tags=tags, params=params, metrics=metrics))


def make_trial(model: str, loss: float | None, phase: str = "confirmation") -> TrialRun:
    metrics = {} if loss is None else {"test_loss": loss}
    tags = {"schema": "3", "phase": phase, "mlflow.runName": f"{model} {phase} hidden_size=3"}
    return TrialRun(make_run(f"{model}-{phase}", tags, {"model": model}, metrics))


def make_sweep(**tags: str) -> SweepRun:
    own = {"schema": "3", "task": HOSTILE, "studies": "a, b", **tags}
    return SweepRun(make_run("5w", own, {"models": "linear, tanh"}, {"baseline_naive": 1.0, "bound_noise": 0.0}))


def test_a_card_has_verdict_losses_and_links() -> None:
    trials = [make_trial("tanh", None, "search"), make_trial("tanh", 0.01), make_trial("linear", 0.1)]
    card = describe_sweep(make_sweep(verdict="undecided", conclusion="It is open", question="what?"), trials)
    assert (card.verdict, card.conclusion, card.question) == ("undecided", "It is open", "what?")
    assert [(mark.label, mark.loss, mark.position) for mark in card.marks] == [
        ("linear", 0.1, 50.0),
        ("tanh", 0.01, 0.0),
        ("naive baseline", 1.0, 100.0),
        ("noise bound", 0.0, 0),
    ]
    assert (card.marks[0].color, card.marks[2].color) == ("#0072B2", "")
    assert card.report == "/start/report/5w"
    assert "#/experiments/7/runs" in card.charts
    assert [run.label for run in card.runs] == ["linear confirmation", "tanh confirmation", "best tanh trial"]


def test_a_sweep_that_is_not_finished_has_no_report() -> None:
    card = describe_sweep(make_sweep(), [])
    assert (card.verdict, card.report, card.charts, card.runs) == ("not finished", "", "", [])


def test_equal_losses_are_in_the_middle() -> None:
    assert [mark.position for mark in place_marks([Mark("a", 0.1, "", 0), Mark("b", 0.1, "", 0)])] == [50, 50]
    assert place_marks([]) == []


def test_names_are_escaped_and_nothing_is_loaded() -> None:
    card = describe_sweep(make_sweep(verdict="undecided", conclusion=HOSTILE, question=HOSTILE), [])
    page = render_start_page([card], HOSTILE, "abc")
    assert HOSTILE not in page
    assert page.count("&lt;img src=x") == 5
    assert "http" not in page.replace("http-equiv", "")
    assert '<script nonce="abc">' in page
    assert '<span title="/data/my-store">my-store</span>' in render_start_page([], "/data/my-store", "abc")
    assert "No sweeps yet" in render_start_page([], "store", "abc")
