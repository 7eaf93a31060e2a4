"""The commands as real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import torch

import tracking
from linrnn.models import DEFAULT_MODELS, MODELS
from linrnn.tasks import TASKS
from tests.conftest import Here, Run
from tests.faults.harness import TRIALS, Twin, living
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.store.access import Store, open_store


def test_sweep_compare_and_json_agree(twin: Twin, here: Here) -> None:
    found, store = twin.whole, ("--store", str(twin.folder))
    assert found["schema"] == 2
    assert re.search(
        r"20 of 20 trials, .*sine: best val loss \(upper quartile\) linear [\d.e-]+, tanh [\d.e-]+", twin.progress
    )
    trial = (
        r"(?m)^sine: (?:linear|tanh) (?:\d\d|confirmation) .*: (?:complete|diverged), "
        r"best val loss \(upper quartile\) (?:[\d.e-]+|inf)$"
    )
    assert len(re.findall(trial, twin.progress)) == TRIALS
    for name in ("mlflow.db", "mlruns", "optuna.db"):
        assert (twin.folder / name).exists()

    code, compared, _ = here("compare", "--json", *store)
    assert (code, json.loads(compared)) == (0, found)

    code, table, said = here("compare", "sine", *store)
    assert (code, said) == (0, "")
    (sweep,) = found["sweeps"]
    cells = {line.split("  ")[0]: line.split() for line in table.splitlines()}
    assert cells["sine"] == ["sine", *DEFAULT_MODELS]
    for name, values in {
        "hidden size": [study["hidden_size"] for study in sweep["studies"]],
        "learning rate": [study["learning_rate"] for study in sweep["studies"]],
        "median test loss": [confirmation["median_test_loss"] for confirmation in sweep["confirmation"]],
    }.items():
        assert cells[name][-2:] == [f"{value:.3g}" for value in values]
    assert all(f"/runs/{study['best_run']}" in table for study in sweep["studies"])
    assert "workflowType=machine_learning&compareRunsMode=CHART" in table


@pytest.mark.usefixtures("here_is_a_store")
def test_train_records_a_run_that_can_be_loaded(here: Here, tmp_path: Path) -> None:
    size = ("--set", "model.hidden_size=3", "--epochs", "5")
    code, said, progress = here("train", "xor", "--model", "linear", *size, "--json", "-v")
    epochs = re.findall(r"^epoch [1-5]: best val loss \(upper quartile\) [\d.]+$", progress, re.MULTILINE)
    assert (code, len(epochs)) == (0, 5)
    found = json.loads(said)
    run = open_store(tmp_path).client.get_run(found["run_id"])
    assert run.data.params["model.hidden_size"] == "3"
    assert run.data.metrics["test_loss"] == found["median_test_loss"]
    assert tracking.load(found["run_id"], store=tmp_path).W.shape == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["sweep", "sinus"], 2, "did you mean 'sine'"),
        (["sweep"], 2, "Missing argument"),
        (["sweep", "sine", "--model", "tan"], 2, "there are: linear, tanh"),
        (["sweep", "sine", "--trials", "0"], 2, "sweep.trials must be a whole number from 1"),
        (["sweep", "sine", "--trials", "nan"], 2, "whole number"),
        (["sweep", "sine", "--workers", "0"], 2, "workers"),
        (["sweep", "sine", "--set", "training.learning_rate"], 2, "NAME=VALUE"),
        (["sweep", "sine", "--epochs", "5", "--set", "training.epochs=6"], 2, "given twice"),
        (["train", "sine", "--model", "tanh", "--set", "training.learning_rate=nan"], 2, "not nan"),
        (["train", "sine", "--model", "tanh", "--set", "training.rate=1"], 2, "unknown setting"),
        (["train", "sine"], 2, "--model"),
        pytest.param(
            ["train", "sine", "--model", "tanh", "--set", "training.device=cuda"],
            2,
            "use training.device=cpu",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device"),
        ),
        (["trian"], 2, "trian"),
        (["compare", "--everything"], 2, "--everything"),
        (["-v", "sweep", "sine", "-q"], 2, "-q asks for no progress and -v for more: give one of them"),
        (["compare", "sine"], 6, "no store in"),
        (["ui"], 6, "no store in"),
        (["sweep", "sine", "--store", "taken"], 6, "taken"),
        (["train", "sine", "--model", "tanh", "--store", "taken"], 6, "--store"),
        (["train", "sine", "--model", "tanh", "--store", "/proc/store"], 6, "/proc/store"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    here: Here, tmp_path: Path, arguments: list[str], code: int, part: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    found, out, said = here(*arguments)
    assert (found, out) == (code, "")
    assert part in said
    asked = ["sine: Next-step prediction of a sine wave"] if "--store" in arguments else []
    assert said.splitlines()[:-1] == asked, said
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_compare_without_a_sweep_says_how_to_make_one(here: Here, store: Store) -> None:
    code, _, said = here("compare", "xor", "--store", str(store.folder))
    assert code == 2
    assert "linrnn sweep xor" in said


def test_help_names_every_command_task_and_model_type(linrnn: Run, here: Here) -> None:
    text = here("--help")[1]
    assert all(command in text for command in ("sweep", "train", "compare", "ui", "Exit codes"))
    sweep = here("sweep", "--help")[1]
    assert all(name in sweep for name in [*MODELS, "linrnn tasks", "Examples"])
    assert [each["task"] for each in json.loads(here("tasks", "--json")[1])["tasks"]] == list(TASKS)
    assert re.match(r"linrnn \d+\.\d+\.\d+", linrnn("--version").stdout)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["sweep", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from experiments.__main__ import linrnn; from experiments.cli.group import run;"
        "run(linrnn, sys.argv[1:]); print(sorted({'torch', 'mlflow', 'optuna', 'numpy', 'numba'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_errors_of_a_real_process(linrnn: Run, here: Here, tmp_path: Path) -> None:
    done = linrnn("train", "sine", "--model", "tanh", "--set", "training.learning_rate=nan")
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert done.stderr.startswith("linrnn: training.learning_rate must be")
    code, _, said = here("compare", "sine", "--debug")
    assert code == 6
    assert said.startswith("Traceback")
    assert "StoreError" in said


def test_a_reader_that_leaves_is_no_traceback(linrnn: Run, tmp_path: Path) -> None:
    command = f"{sys.executable} -m experiments sweep --help | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("here_is_a_store")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)]
)
@pytest.mark.long
def test_an_interrupted_sweep_leaves_no_run_open(tmp_path: Path, number: int, code: int) -> None:
    command = [sys.executable, "-m", "experiments", "sweep", "sine", "--epochs", "40", "--replicas", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    assert "sine: Next-step prediction" in process.stderr.readline()
    assert "0 of 42 trials; sine" in process.stderr.readline()
    assert "1 of 42 trials" in process.stderr.readline()
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in said
    assert "run the same command again" in said.splitlines()[-1]
    store = open_store(tmp_path)
    runs = store.client.search_runs([e.experiment_id for e in store.client.search_experiments()])
    assert {run.info.status for run in runs} <= {"FINISHED", "KILLED"}
    sweeps = store.client.search_runs([experiment_id(store, "sweeps")])
    assert [run.info.status for run in sweeps] == ["KILLED"]
    for _ in range(50):  # the server of the workers ends when it sees that its parent has
        if not living(process.pid):
            return
        time.sleep(0.1)
    raise AssertionError(living(process.pid))


@pytest.mark.long
def test_ui_serves_the_store_and_prints_the_links(here: Here, store: Store, tmp_path: Path) -> None:
    experiment_id(store, "sine")
    port = 5000 + os.getpid() % 1000 + 1
    command = [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", str(store.folder)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        first, second = process.stdout.readline(), process.stdout.readline()
        assert f"http://127.0.0.1:{port}" in first
        assert "sine: " in second
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert answer.status == 200
        code, _, said = here("ui", "--port", str(port), "--store", str(store.folder))
        assert (code, len(said.splitlines())) == (1, 1)
        assert "--port" in said
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
    time.sleep(0.2)
    with pytest.raises(OSError):  # noqa: PT011 whichever way a closed port refuses
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
