"""Commands in processes of their own, started in whatever state: streams, folders, variables, limits.

Each row is a way to start a process and a command: exit code, at most two lines on stderr, no traceback, no log.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Golden

LINRNN = f"{sys.executable} -m experiments"
TRAIN = "train sine --model linear --epochs 2 --replicas 2 -q"
SECONDS = 60
ROOT = Path(__file__).resolve().parents[3]


class Row(NamedTuple):
    """A line for bash, in which S is the folder of a store, its exit code, and words on stderr."""

    name: str
    line: str
    code: int
    words: str = ""


QUICK = [
    Row("stdout closed", f"{LINRNN} tasks >&-", 1, "standard output is closed"),
    Row("disk of stdout full", f"{LINRNN} tasks >/dev/full", 1, "cannot write the output"),
    Row("stderr full", f"{LINRNN} show nothing --store S 2>/dev/full", 2),
]
LONG = [
    Row("stderr closed", f"{LINRNN} show nothing --store S 2>&-", 2),
    Row("all closed", f"{LINRNN} tasks <&- >&- 2>&-", 1),
    Row("stdin closed", f"{LINRNN} list --store S <&-", 0),
    Row("the reader ends", f"{LINRNN} show sine --store S | (exec <&-; sleep 5); exit ${{PIPESTATUS[0]}}", 1),
    Row("the disk of JSON full", f"{LINRNN} list --store S --json >/dev/full", 1, "cannot write the output"),
    Row("the disk of help full", f"{LINRNN} sweep --help >/dev/full", 1, "cannot write the output"),
    Row("folder deleted", f"mkdir gone; cd gone; rmdir ../gone; {LINRNN} list", 6, "current folder cannot be used"),
    Row("folder deleted, sweep", f"mkdir gone; cd gone; rmdir ../gone; {LINRNN} sweep sine", 6, "was deleted"),
    Row("folder deleted, store", f"mkdir gone; cd gone; rmdir ../gone; {LINRNN} tasks", 0),
    Row(
        "no cache",
        f"MPLCONFIGDIR=/dev/null/x {LINRNN} compare sine --figures F --store S -q 2>errors; test ! -s errors",
        0,
    ),
    Row("ASCII", f"LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii {LINRNN} show 'Zürich' --store S", 2),
    Row("ASCII output", f"PYTHONIOENCODING=ascii {LINRNN} show 'Zürich' --store S", 2),
    Row("warnings are errors", f"PYTHONWARNINGS=error {LINRNN} compare sine --store S", 0),
    Row("warnings are errors, doctor", f"PYTHONWARNINGS=error {LINRNN} doctor --store S", 0),
    Row("no assertions", f"PYTHONOPTIMIZE=1 {LINRNN} compare sine --store S", 0),
    Row("no docstrings", f"PYTHONOPTIMIZE=2 {LINRNN} compare sine --store S", 2, "unset PYTHONOPTIMIZE"),
    Row("junk for numba", f"NUMBA_OPT=x NUMBA_NUM_THREADS=x NUMBA_BOUNDSCHECK=x {LINRNN} compare --store S", 0),
    Row("no compiler", f"NUMBA_DISABLE_JIT=1 {LINRNN} {TRAIN}", 0),
    Row("no such processor", f"NUMBA_CPU_NAME=zork {LINRNN} {TRAIN}", 2, "NUMBA_CPU_NAME=zork is no processor"),
    Row("no such back end", f"MPLBACKEND=zork {LINRNN} {TRAIN}", 0),
    Row("junk for MLflow", f"MLFLOW_HTTP_REQUEST_TIMEOUT=x {LINRNN} doctor --store new", 6, "no store"),
    Row("junk for threads", f"OMP_NUM_THREADS=x {LINRNN} list --store S", 0),
    Row("no home", f"HOME=/proc/none XDG_CACHE_HOME=/proc/none {LINRNN} compare sine --store S", 0),
    Row("no folder for temporary files", f"TMPDIR=/proc/none {LINRNN} compare sine --store S", 0),
    Row("controls", f"{LINRNN} show $'\\x1b[31m\\u202ename' --store S", 2, "\\x1b[31m\\u202ename"),
    Row("a long name", f"{LINRNN} show $(head -c 9000 /dev/zero | tr '\\0' x) --store S", 2, " ... "),
    Row("no name", f"{LINRNN} reproduce '' --store S", 2, "no name"),
    Row("no name of a sweep", f"{LINRNN} reproduce --sweep '' --store S", 2, "no name"),
    Row("no name of a store", f"{LINRNN} list --store ''", 2, "names no folder"),
    Row("little memory", f"ulimit -v 300000; {LINRNN} compare sine --store S", 1, "address space is limited to 307 MB"),
    Row("1 GiB", f"ulimit -v 1048576; {LINRNN} compare sine --store S", 0),
    Row("1 GiB, training", f"ulimit -v 1048576; {LINRNN} train sine --model linear", 1, "needs 2000 MB"),
    Row("no scheduler", f"{LINRNN} sweep sine --cluster tcp://127.0.0.1:9", 6, "no Dask workers"),
    Row("no such scheduler", f"{LINRNN} sweep sine --cluster nonsense://x", 6, "no Dask workers"),
    Row("options in variables", f"LINRNN_STORE=S {LINRNN} list", 0),
    Row("junk in variables", f"LINRNN_UI_PORT=x {LINRNN} ui --store S", 2, "--port"),
    Row("help of a command", f"{LINRNN} help sweep", 0),
    Row("help of none", f"{LINRNN} help nothing", 2, "no command 'nothing'"),
]


def check(row: Row, golden: Golden, tmp_path: Path) -> None:
    variables = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = row.line.replace(" S", f" {golden.store.folder}").replace("=S ", f"={golden.store.folder} ")
    started = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**variables, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        capture_output=True,
        timeout=SECONDS,
    )
    said = done.stderr.decode(errors="replace")
    assert done.returncode == row.code, said
    assert len(said.splitlines()) <= 2, said
    assert "Traceback" not in said
    assert not list(temporary.glob("linrnn-*.log")), said
    assert row.words in said
    assert max(map(len, said.splitlines()), default=0) <= 500
    assert not set("\x1b\u202e") & set(said + done.stdout.decode(errors="replace"))
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("row", QUICK, ids=lambda row: row.name)
def test_the_state_of_the_process_decides_nothing(row: Row, golden: Golden, tmp_path: Path) -> None:
    check(row, golden, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("row", LONG, ids=lambda row: row.name)
def test_the_state_of_the_process_decides_nothing_else(row: Row, golden: Golden, tmp_path: Path) -> None:
    check(row, golden, tmp_path)


@pytest.mark.long
def test_a_limit_of_threads_is_one_line() -> None:
    """Root has no such limit: another user runs a Python that it may execute, with the libraries of this one."""
    libraries = os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("-packages"))])
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    python = f"python3.{sys.version_info.minor}"
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": libraries, "PYTHONDONTWRITEBYTECODE": "1"}
    probe = subprocess.run([*other, python, "-c", "import click, experiments"], cwd="/", env=variables, check=False)
    if probe.returncode:
        pytest.skip("no other user can run this Python")
    line = f"ulimit -u 2; exec {python} -m experiments tasks"
    command = [*other, "bash", "-c", line]
    done = subprocess.run(command, cwd="/", env=variables, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert "raise the limit (ulimit -u)" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("delay", [0.05, 0.2, 0.4, 0.8, 1.6])
def test_an_interruption_while_libraries_are_imported(golden: Golden, delay: float) -> None:
    command = [sys.executable, "-m", "experiments", "doctor", "--store", str(golden.store.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    if process.returncode in (0, 130):  # 0 where it was done
        assert "Traceback" not in said
    else:
        assert "/experiments/cli/" not in said, "Python itself was starting, and had not come to linrnn"
