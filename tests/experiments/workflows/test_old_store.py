"""A store that linrnn 0.1.0 wrote stays readable, and can be worked in."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.comparison_table import comparison_table
from experiments.report.summary import summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from linrnn.analysis.verdict import NEEDED, NOT_PREDICTABLE, SUFFICES, UNDECIDED
from linrnn.models import DEFAULT_MODELS
from linrnn.training.trial_config import TrialConfig
from tests.faults.harness import new_store
from tracking.mlflow_ui.links import LOOPBACK, all_links
from tracking.run_views import TrialRun
from tracking.runs.query import confirmation_runs, find_all_runs, find_trials, last_sweeps
from tracking.runs.reader import read_baselines, read_result, read_sweep, read_trial
from tracking.schema import VERSION, Artifact, Metric, Phase, Tag
from tracking.store.access import Store, existing_store, open_store
from tracking.store.library_internals import trials_by_study

ARCHIVE = Path(__file__).resolve().parents[2] / "fixtures" / "store-0.1.0.tar.xz"
BUDGET = {"sweep.trials": "3", "training.epochs": "40", "training.replicas": "3", "sweep.confirmation": "5"}
BOOTSTRAP = "interval"  # its draws depended on the order of replicas in 0.1.0
NEW_NAMES = {"trivial": "naive", "gap_closed": "closed_gap", "beside_linear": "linear_comparison"}


class Here(Executor):
    """Trains at once, in this process, and counts what it trained."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.count += isinstance(arguments[0], TrialConfig)  # not a figure
        future: Future[Any] = Future()
        future.set_result(work(*arguments, **named))
        return future


@pytest.fixture(scope="session")
def archive(everybodys: Path) -> Path:
    """What 0.1.0 left: its store, and what it printed; as it was, so moved to where it is now."""
    folder = everybodys / "written-by-0.1.0"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            with tarfile.open(ARCHIVE) as packed:
                packed.extractall(folder, filter="data")
    return folder


@pytest.fixture
def old(archive: Path, tmp_path: Path) -> Store:
    """A copy of that store, at home where it is."""
    return open_store(new_store(archive / "store", tmp_path / "store"))


def printed(archive: Path, name: str) -> Any:
    return json.loads((archive / name).read_text())


def call(capsys: pytest.CaptureFixture[str], store: Store | Path | None, *arguments: str) -> tuple[int, Any]:
    """Exit code and printed object of a command."""
    folder = store.folder if isinstance(store, Store) else store
    where = ["--store", str(folder)] if folder else []
    code = run(group, [*arguments, *where, "--json", "-q"])
    read = capsys.readouterr()
    return code, json.loads(read.out) if read.out else read.err


def facts(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """All values of an object that are not prose, by their own present names, whatever they are nested in."""
    if isinstance(value, dict):
        for key in value:
            yield from facts(value[key], NEW_NAMES.get(key, key))
    elif isinstance(value, list):
        for each in value:
            yield from facts(each, name)
    else:
        yield name, value


def same_numbers(sweep: Any, before: Any) -> None:
    """All that 0.1.0 printed of a sweep is there, of each study and confirmation, and of its baselines and bounds.

    But for the verdict and the p of a permutation test, whose rules have changed.
    """
    pairs = [({**sweep["baselines"], **sweep["bounds"]}, {**before["floors"], "task": None})]
    pairs += [(sweep, {name: before[name] for name in ("task", "sweep_run", "seconds")})]
    for part in ("studies", "confirmation"):
        pairs += zip(sweep[part], before[part], strict=True)
    assert sweep["verdict"] in (NOT_PREDICTABLE, SUFFICES, NEEDED, UNDECIDED)
    for found, earlier in ([list(facts(each)) for each in pair] for pair in pairs):
        for name in {name for name, value in earlier if name not in ("task", "failures", "p")}:
            values, old_values = ([value for key, value in each if key == name] for each in (found, earlier))
            tolerance = {BOOTSTRAP: 0.3, "ratio": 1e-12}.get(name)  # the ratio was a power of 10
            expected = pytest.approx(old_values, rel=tolerance) if tolerance else old_values
            assert values[: len(old_values)] == expected, name


def identical(found: tuple[int, Any]) -> dict[str, Any]:
    assert (found[0], found[1]["verdict"], found[1]["first_difference"]) == (0, "IDENTICAL", None)
    compared: dict[str, Any] = found[1]
    return compared


def test_doctor_finds_that_it_was_moved_and_has_no_colors(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "store"
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(tmp_path, filter="data")
    assert run(group, ["show", "sine linear 00", "--store", str(folder)]) == 0
    capsys.readouterr()
    assert run(group, ["reproduce", "--store", str(folder)]) == 6
    assert len(capsys.readouterr().err.splitlines()) == 1
    code, found = call(capsys, folder, "doctor")
    assert code == 1
    assert [finding["kind"] for finding in found["findings"]] == ["moved folder", "missing colors"]
    assert call(capsys, folder, "doctor", "--fix")[0] == 0
    code, found = call(capsys, folder, "doctor")
    assert (code, found["findings"]) == (0, [])
    assert call(capsys, folder, "compare", "sine")[0] == 0
    trials = find_all_runs(existing_store(str(folder)))
    colors = {(run.model, run.find_tag(Tag.RUN_COLOR)) for run in trials if isinstance(run, TrialRun)}
    assert colors == {("linear", "#0072B2"), ("tanh", "#D55E00")}


def test_compare_has_the_same_numbers(old: Store, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = printed(archive, "compare.json")["sweeps"]
    code, found = call(capsys, old, "compare")
    assert code == 0
    assert [sweep["task"] for sweep in found["sweeps"]] == [sweep["task"] for sweep in before]
    for sweep, earlier in zip(found["sweeps"], before, strict=True):
        same_numbers(sweep, earlier)


def test_a_built_in_trial_is_reproduced(old: Store, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    confirmed = printed(archive, "compare.json")["sweeps"][0]["confirmation"][1]["run_id"]
    found = identical(call(capsys, old, "reproduce", confirmed))
    rerun = read_trial(old, found["reproduction"])
    assert (rerun.version, rerun.phase, rerun.tag(Tag.REPRODUCTION_RESULT)) == (
        VERSION,
        Phase.REPRODUCTION,
        "IDENTICAL",
    )
    assert read_trial(old, confirmed).tag(Tag.LAST_REPRODUCTION).startswith("IDENTICAL")
    identical(call(capsys, old, "reproduce", rerun.run_id))  # which holds files of its own where names are new
    recorded = [run for run in find_trials(old, "levels.csv") if run.phase == Phase.REPRODUCTION]
    assert [run.tag(Tag.REPRODUCTION_RESULT) for run in recorded] == ["IDENTICAL"]  # 0.1.0's own, under its old name


@pytest.mark.parametrize("there", [True, False])
def test_a_trial_on_a_file_is_reproduced_from_it_or_from_the_copy(
    old: Store, archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    before = printed(archive, "reproduce.json")
    recorded_at(monkeypatch, read_trial(old, before["run_id"]), archive / "levels.csv" if there else None)
    compared = identical(call(capsys, old, "reproduce", before["run_id"]))["compared"]
    assert sorted(compared.values()) == sorted(before["compared"].values())


def recorded_at(monkeypatch: pytest.MonkeyPatch, run: TrialRun, file: Path | None) -> None:
    """Where the run's file was, there is this file, or none."""
    place = run.param("task.file")
    for name in ("read_bytes", "exists", "is_file", "stat"):
        original = getattr(Path, name)

        def method(path: Path, *rest: Any, original: Any = original, **named: Any) -> Any:
            if str(path) != place:
                return original(path, *rest, **named)
            return original(file or path / "none", *rest, **named)

        monkeypatch.setattr(Path, name, method)


def test_links_lead_to_views_that_show_old_and_new_names(old: Store) -> None:
    links = all_links(old, LOOPBACK)
    assert list(links) == ["levels.csv", "sine", "xor", "sweeps"]
    tags = {each.name: each.tags for each in old.client.search_experiments()}
    verdicts = tags["sweeps"]["mlflow.sharedViewState.verdicts"]
    for metric in (Metric.BASELINE_LINEAR, Metric.BASELINE_NAIVE):
        assert all(f"metrics.`{name}`" in verdicts for name in metric.names)
    assert "reproduction_result" in tags["sine"]["mlflow.sharedViewState.reproductions"]
    assert "0.1.0" not in tags["sine"]["mlflow.note.content"]


def test_a_report_and_an_export_are_written(
    old: Store, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sweep,) = [sweep for sweep in printed(archive, "compare.json")["sweeps"] if sweep["task"] == "levels.csv"]
    assert call(capsys, old, "report", "sine", "-o", str(tmp_path / "report.html"))[0] == 0
    assert b"sine" in (tmp_path / "report.html").read_bytes()
    assert call(capsys, old, "export", sweep["confirmation"][0]["run_id"], str(tmp_path / "out"))[0] == 0
    assert (tmp_path / "out" / "data" / "levels.csv").read_bytes() == (archive / "levels.csv").read_bytes()
    identical(call(capsys, None, "reproduce", str(tmp_path / "out")))


def swept(store: Store, task: str, models: Sequence[str] = DEFAULT_MODELS, **more: str) -> int:
    """How many trials a sweep has trained."""
    here = Here()
    run_sweep(sweep_config(task, models, BUDGET | more), store, here)
    return here.count


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_the_same_command_begins_a_sweep_as_the_objective_is_another(
    old: Store, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = last_sweeps(old)["sine"]
    assert swept(old, "sine") == 8
    sweep = last_sweeps(old)["sine"]
    assert not set(sweep.studies) & set(earlier.studies)
    assert (sweep.version, sweep.objective_name) == (VERSION, "upper quartile")
    assert (earlier.version, earlier.objective_name) == (1, "median")
    assert swept(old, "sine") == 0
    for run_id, label in ((sweep.run_id, "val loss (upper quartile)"), (earlier.run_id, "val loss (median)")):
        assert label in [row[0] for row in comparison_table(summarize(load_sweep(old, read_sweep(old, run_id)))).rows]
    old_ids = [run.run_id for run in confirmation_runs(old, earlier)]
    assert old_ids == [each["run_id"] for each in printed(archive, "compare.json")["sweeps"][0]["confirmation"]]


def test_trials_of_an_old_study_have_the_median_that_it_minimized(old: Store) -> None:
    """Optuna's database is that of 0.1.0: what is read from a run is what 0.1.0 told it."""
    count = 0
    for trials in trials_by_study(old.studies).values():
        for trial in trials:
            result = read_result(old, read_trial(old, trial.user_attrs["run_id"]))
            assert result.curve == trial.intermediate_values
            assert trial.value in (None, result.loss)
            count += trial.value is not None
    assert count > 5


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_an_interrupted_sweep_of_an_old_objective_is_not_continued(
    old: Store, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = printed(archive, "compare.json")["sweeps"][0]
    sweep = last_sweeps(old)["sine"]
    old.client.update_run(sweep.run_id, status="RUNNING")
    old.client.delete_run(before["confirmation"][1]["run_id"])
    assert swept(old, "sine") == 8
    assert read_sweep(old, sweep.run_id).version == 1
    assert last_sweeps(old)["sine"].run_id != sweep.run_id
    code, found = call(capsys, old, "doctor", "--fix")
    assert (code, [sweep.run_id in finding["what"] for finding in found["findings"]]) == (0, [True, False])
    assert call(capsys, old, "doctor")[0] == 0


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_old_and_new_sweeps_are_compared_side_by_side(
    old: Store, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = {"sweep.trials": "1", "training.epochs": "5", "task.length": "60"}
    assert swept(old, "product", ["linear"], **small) == 2
    assert last_sweeps(old)["product"].version == VERSION
    code, found = call(capsys, old, "compare")
    assert code == 0
    assert [sweep["task"] for sweep in found["sweeps"]] == ["sine", "levels.csv", "product"]
    same_numbers(found["sweeps"][0], printed(archive, "compare.json")["sweeps"][0])
    baselines = read_baselines(old, last_sweeps(old)["sine"])
    assert (baselines.linear_lags, baselines.linear_method) == (1, "least squares, 1 lags")
    assert (baselines.candidates, baselines.step_losses) == ((), {})
    folder = Path(last_sweeps(old)["product"].info.artifact_uri.removeprefix("file://"))
    assert (folder / Artifact.BASELINES).exists()


@pytest.mark.parametrize(
    ("table", "key", "whose"),
    [
        ("tags", "outcome", "trial"),
        ("tags", "trial", "trial"),
        ("latest_metrics", "seconds", "trial"),
        ("params", "models", "sweep"),
        ("params", "fixed", "sweep"),
        ("tags", "task", "sweep"),
    ],
)
def test_what_a_run_has_lost_is_named_in_one_line(
    old: Store, archive: Path, capsys: pytest.CaptureFixture[str], table: str, key: str, whose: str
) -> None:
    sweep = printed(archive, "compare.json")["sweeps"][0]
    run_id = sweep["sweep_run"] if whose == "sweep" else sweep["studies"][0]["best_run"]
    with closing(sqlite3.connect(old.folder / "mlflow.db")) as database, database:
        changed = database.execute(f"delete from {table} where key = ? and run_uuid = ?", (key, run_id))
        assert changed.rowcount == 1
    code, found = call(capsys, old, "compare", "sine")
    assert code == (6 if whose == "sweep" else 0)
    (error,) = [found] if whose == "sweep" else found["sweeps"][0]["omissions"]
    assert run_id in error
    assert f"'{key}'" in error
    assert len(error.splitlines()) == 1
