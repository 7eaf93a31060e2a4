"""Characterisation of recorded trials by the command line, on the golden sweep."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.signal import dlsim

import tracking
from experiments.workflows.characterise import characterise_trial
from experiments.workflows.network_choice import choose_network
from linrnn.analysis.characterisation import Characterisation
from linrnn.analysis.network_response import respond
from linrnn.models import DEFAULT_MODELS
from linrnn.tasks.sine import Sine
from tests.conftest import Golden, Here
from tracking.run_views import TrialRun
from tracking.runs.artifacts import characterisation_file, parse_characterisation
from tracking.runs.query import confirmation_runs, find_sweeps
from tracking.runs.reader import read_characterisation, read_own_file
from tracking.runs.verification import load_record
from tracking.runs.writer import set_tags
from tracking.schema import SYSTEMS, Artifact, Phase, Tag
from tracking.store.access import Store

FIGURES = {f"{name}.{end}" for name in ("poles", "responses", "memory", "linearity") for end in ("png", "csv")}


def confirmation(store: Store, model: str) -> TrialRun:
    (run,) = (run for run in confirmation_runs(store, find_sweeps(store)[0]) if run.model == model)
    return run


def systems(store: Store, run: TrialRun) -> set[str]:
    """The files that the command wrote to a run."""
    folder = Path(run.info.artifact_uri.removeprefix("file://")) / SYSTEMS
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.parametrize("model", DEFAULT_MODELS)
def test_a_confirmation_records_its_best_replica(golden: Golden, model: str) -> None:
    run = confirmation(golden.store, model)
    history = load_record(golden.store, run).verify().history
    result = read_characterisation(golden.store, run)
    assert result is not None
    assert (result.model, result.replica) == (model, history.best_val_loss.argmin())
    content = read_own_file(golden.store, run, Artifact.CHARACTERISATION)
    again = parse_characterisation(characterisation_file(parse_characterisation(content)))
    for field in fields(Characterisation):
        values = getattr(again, field.name), getattr(result, field.name)
        assert np.array_equal(*values, equal_nan=field.name not in ("model", "linear_part")), field.name


def test_figures_and_numbers_become_artifacts(golden_copy: Store, here: Here, tmp_path: Path) -> None:
    run = confirmation(golden_copy, "linear")
    store, folder = ("--store", str(golden_copy.folder)), tmp_path / "figures"
    code, out, err = here("characterise", run.run_id[:12], *store, "--json", "-o", str(folder))
    assert (code, err) == (0, "")
    result = json.loads(out)
    (network,) = result["networks"]
    recorded = read_characterisation(golden_copy, run)
    assert recorded is not None
    assert (result["run_id"], network["replica"], result["quartiles"]) == (run.run_id, recorded.replica, None)
    assert np.array_equal(network["arrays"]["A"], recorded.A)
    assert network["measures"]["simulation_error"] < 1e-12
    assert {path.name for path in folder.iterdir()} == FIGURES | {"system.npz"}
    assert systems(golden_copy, run) == {f"replica-{recorded.replica}-{name}" for name in FIGURES | {"system.npz"}}
    load_record(golden_copy, run).verify()  # what the trial recorded is as it was
    code, text, _ = here("characterize", "sine", *store)
    assert code == 0
    assert "Slowest poles" in text
    assert choose_network(golden_copy, "sine").record.run_id in text


@pytest.mark.parametrize("end", ["npz", "mat"])
def test_an_export_is_the_network_for_other_programs(golden_copy: Store, here: Here, tmp_path: Path, end: str) -> None:
    run, file = confirmation(golden_copy, "linear"), tmp_path / f"system.{end}"
    store = ("--store", str(golden_copy.folder))
    code, *_ = here("characterise", run.run_id, *store, "--replica", "3", "--export", str(file))
    assert code == 0
    system = loadmat(file) if end == "mat" else np.load(file)
    network, inputs = tracking.load(run.run_id, 3, store=golden_copy), Sine().splits().test.inputs[:, :1]
    matrices = tuple(system[name] for name in "ABCD")
    biased = np.concatenate([matrices[1], system["state_offset"].reshape(-1, 1)], axis=1)
    offset = np.concatenate([matrices[3], system["output_offset"].reshape(-1, 1)], axis=1)
    drive = np.concatenate([inputs[:, 0], np.ones((len(inputs), 1))], axis=1)
    _, outputs, _ = dlsim((matrices[0], biased, matrices[2], offset, system["dt"].item()), drive)
    assert np.allclose(outputs, respond(network, inputs)[:, 0], atol=1e-10)
    poles = np.sort_complex(np.linalg.eigvals(system["A"]))
    assert np.allclose(poles, np.sort_complex(system["poles"].ravel()), atol=1e-9)


@pytest.mark.long
def test_all_replicas_have_a_spread(golden_copy: Store, here: Here) -> None:
    run, store = confirmation(golden_copy, "tanh"), ("--store", str(golden_copy.folder))
    code, out, _ = here("characterise", run.run_id, "--all", "--json", *store)
    result = json.loads(out)
    assert code == 0
    assert [each["replica"] for each in result["networks"]] == list(range(6))
    radii = [each["measures"]["spectral_radius"] for each in result["networks"]]
    assert result["quartiles"]["spectral_radius"] == pytest.approx(np.quantile(radii, [0.25, 0.5, 0.75]))
    assert systems(golden_copy, run) == {f"all-{name}" for name in FIGURES}
    assert all(each["measures"]["nonlinear_share"] > 1e-10 for each in result["networks"])


def test_bad_input_writes_nothing(golden_copy: Store, here: Here, tmp_path: Path) -> None:
    run, store = confirmation(golden_copy, "linear"), ("--store", str(golden_copy.folder))
    sweep, file, folder = find_sweeps(golden_copy)[0].run_id, tmp_path / "x.csv", ("-o", str(tmp_path / "figures"))
    rerun = confirmation(golden_copy, "tanh")
    set_tags(golden_copy, rerun.run_id, {Tag.PHASE: Phase.REPRODUCTION, Tag.ORIGINAL: run.run_id})
    for arguments, code, words in (
        ((sweep,), 2, "sweep"),
        ((rerun.run_id,), 2, "is a reproduction"),
        ((run.run_id, "--replica", "6"), 2, "replicas 0 to 5, not 6"),
        ((run.run_id, "--replica", "-1"), 2, "replica"),
        ((run.run_id, "--replica", "1", "--all"), 2, "give one of them"),
        ((run.run_id, "--all", "--export", "x.npz"), 2, "--export writes one network"),
        ((run.run_id, "--export", str(file)), 2, "writes .npz or .mat files, not 'x.csv'"),
        (("xor",), 2, "no linear trial of xor"),
        (("ffffffff",), 2, "ffffffff"),
    ):
        result = here("characterise", *arguments, *folder, *store)
        assert (result[0], result[1]) == (code, "")
        assert words in result[2]
        assert result[2].count("\n") == 1
    weights = Path(run.info.artifact_uri.removeprefix("file://")) / Artifact.BEST_WEIGHTS
    weights.unlink()
    code, out, err = here("characterise", run.run_id, *folder, *store)
    assert (code, out) == (6, "")
    assert Artifact.BEST_WEIGHTS in err
    assert not (tmp_path / "figures").exists()
    assert not file.exists()
    assert not systems(golden_copy, run)


def test_replicas_that_diverged_are_left_out(golden: Golden) -> None:
    choice = choose_network(golden.store, "sine")
    history = choice.result.history
    val_loss = history.val_loss.copy()
    val_loss[-1, [0, 1]] = np.inf
    partial = choice._replace(result=replace(choice.result, history=replace(history, val_loss=val_loss)), replica=2)
    trial = characterise_trial(partial, every=True)
    assert [each.replica for each in trial.replicas] == list(range(2, len(history.best_val_loss)))
    assert np.isfinite(trial.val_losses).all()
