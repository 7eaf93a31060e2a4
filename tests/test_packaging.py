"""What the package needs and says of itself: dependencies, version, type information, data files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from importlib.resources import files

import pytest
import yaml
from packaging.requirements import Requirement

from tests.source import ROOMS, ROOT

pytestmark = pytest.mark.long

LOCKS = ("requirements-cpu.lock", "requirements-docs.lock", "requirements-bench.lock", "requirements.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SCIENCE = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
import torch
import linrnn
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.training.trial_config import from_text

*_, history = linrnn.train(from_text({"task": "sine", "model": "tanh", "training.epochs": "3"}))
assert history.epoch == 3
assert linrnn.LinearRNN(1, 2, 1)(torch.zeros(3, 1, 1))[0].shape == (3, 1, 1)
print(compute_baselines(TASKS["arma"]()).linear)
"""


def closure(*names: str) -> set[str]:
    """Distributions and, without extras, all that they require."""
    known: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop().lower().replace("_", "-")
        if name in known:
            continue
        known.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue
        rows = [Requirement(line) for line in lines]
        pending += [row.name for row in rows if row.marker is None or row.marker.evaluate({"extra": ""})]
    return known


def test_the_science_needs_numpy_torch_numba_and_scipy_only() -> None:
    needed = closure("numpy", "torch", "numba", "scipy")
    blocked = [
        package
        for package, names in packages_distributions().items()
        if not {name.lower().replace("_", "-") for name in names} & needed and package not in ROOMS
    ]
    assert {"mlflow", "optuna", "click", "sklearn", "pandas", "threadpoolctl", "matplotlib"} <= {*blocked}
    done = subprocess.run([sys.executable, "-c", SCIENCE, *blocked], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 1


def test_exact_versions_are_in_the_lock_alone() -> None:
    rows = [Requirement(line) for line in PROJECT["dependencies"]]
    assert not [row.name for row in rows if any(each.operator == "==" for each in row.specifier)]
    pins = {name: version for name, (version, _) in read_lock("requirements.lock").items()}
    for group in (PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"]):
        for row in map(Requirement, group):
            if row.name != "linrnn":
                assert row.specifier.contains(pins[row.name]), row


def test_every_package_that_is_needed_is_locked_with_its_files() -> None:
    locked = {name: pin for lock in LOCKS for name, pin in read_lock(lock).items()}
    assert all(digests for _, digests in locked.values())
    assert len({digest for _, digests in locked.values() for digest in digests}) > len(locked)
    named = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    cuda = re.compile("nvidia|cuda|triton")  # of a build of torch that is none for CPUs
    needed = closure(*(Requirement(line).name for line in named)) - {"linrnn", "pip"}
    assert [name for name in sorted(needed - locked.keys()) if not cuda.match(name)] == []


def read_lock(name: str) -> dict[str, tuple[str, list[str]]]:
    """Version and SHA-256 of the files of each package in a lock file."""
    entries = re.findall(r"^(\S+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", (ROOT / name).read_text(), re.M)
    lines = sum(1 + digests.count("--hash") for _, _, digests in entries)
    assert lines == len((ROOT / name).read_text().splitlines()), "each line is a package or a digest"
    return {
        name.lower().replace("_", "-"): (version, digests.split("sha256:")[1:]) for name, version, digests in entries
    }


@pytest.mark.parametrize("room", ROOMS)
def test_types_are_declared(room: str) -> None:
    assert files(room).joinpath("py.typed").is_file()


def test_pre_commit_and_make_check_run_the_same() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    commands = [line.strip().removeprefix("@").replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert [hook["entry"] for hook in hooks] == commands


def test_the_workflow_runs_what_has_to_pass() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert [step["run"] for step in jobs["ci"]["steps"] if "run" in step] == [".ci/run"]


def test_one_place_has_the_version() -> None:
    version = re.escape(PROJECT["version"])
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert not [path for path in sources if re.search(rf"""=\s*["']{version}["']""", path.read_text())]
    citation = ROOT / "CITATION.cff"
    assert not citation.exists() or yaml.safe_load(citation.read_text())["version"] == PROJECT["version"]
