"""Databases, addresses, records, folders and files that nobody foresaw: one line, and nothing is written."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from safetensors.numpy import load, save

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from tests.conftest import Golden, Here
from tests.faults.harness import copy_store
from tracking.runs.query import find_trials
from tracking.store.databases import relocate

Change = Callable[[Path], object]
HANG = 100  # seconds of a loaded machine
LIMIT = 2.0  # seconds of a processor
SECRET = "geheim"
TRAIN = ("train", "sine", "--model", "linear", "--epochs", "1", "-q")


class Row(NamedTuple):
    """What is prepared in a folder, a command line in it, and how that ends."""

    name: str
    prepare: Change
    arguments: tuple[str, ...]
    code: int
    part: str = ""  # of the message
    environment: Mapping[str, str] = {}
    lines: int = 2  # at most, on stdout and stderr together; more where the command succeeds
    marks: tuple[pytest.MarkDecorator, ...] = ()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def overwrite(start: int, content: bytes) -> Change:
    def damage(path: Path) -> None:
        whole = path.read_bytes()
        path.write_bytes(whole[:start] + content + whole[start + len(content) :])

    return damage


def replace_by(make: Change) -> Change:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


def cut(size: int) -> Change:
    return lambda path: path.write_bytes(path.read_bytes()[:size])


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind(path.name)  # a path of at most 107 bytes


LONG = (pytest.mark.long,)
QUICK = ("empty", "cut", "newer", "two heads", "folder", "pipe")  # the others are not in `make test`
OLD = {"mlflow.db": "451aebb31d03", "optuna.db": "v3.0.0.a"}
BROKEN: dict[str, tuple[Change, str]] = {
    "empty": (cut(0), "empty"),
    "a header": (cut(100), ""),
    "cut": (lambda path: os.truncate(path, path.stat().st_size // 2), "malformed"),
    "text": (lambda path: path.write_text("these are my notes " * 999), "not a database"),
    "flipped magic": (overwrite(3, b"\xff"), "not a database"),
    "flipped page size": (overwrite(16, b"\xff\xff"), "not a database"),
    "zeros in its schema": (overwrite(100, bytes(3000)), "malformed"),
    "newer": (lambda path: change(path, "update alembic_version set version_num = 'ffffffffffff'"), "schema fff"),
    "older": (
        lambda path: change(path, f"update alembic_version set version_num = '{OLD[path.name]}'"),
        "it has the schema",
    ),
    "two heads": (lambda path: change(path, "insert into alembic_version values ('0')"), "schema 0, "),
    "no head": (lambda path: change(path, "delete from alembic_version"), "schema none"),
    "foreign": (replace_by(lambda path: change(path, "create table mine (x)")), "schema none"),
    "folder": (replace_by(Path.mkdir), "a folder"),
    "pipe": (replace_by(os.mkfifo), "a pipe"),
    "socket": (replace_by(unix_socket), "a socket"),
    "lost link": (replace_by(lambda path: path.symlink_to("nowhere")), "a symbolic link"),
}
READERS = (
    *(("list",), ("show", "RUN"), ("compare",), ("report", "-o", "out.html"), ("diff", "RUN", "RUN")),
    *(("export", "RUN", "out"), ("characterise", "RUN"), ("forecast", "sine"), ("reduce", "RUN"), ("reproduce", "RUN")),
    ("ui",),
)


def database(name: str, damage: Change) -> Change:
    return lambda folder: damage(folder / name)


def database_rows() -> Iterator[Row]:
    for what, (damage, part) in BROKEN.items():
        marks = () if what in QUICK else LONG
        is_schema = "schema" in part
        for command in (*READERS, TRAIN) if what in ("empty", "newer", "pipe") else (*READERS[:2], READERS[5], TRAIN):
            if what == "foreign" and command == TRAIN:
                continue
            yield Row(f"mlflow.db {what}", database("mlflow.db", damage), command, 6, part, marks=marks)
        doctor = part.replace("it has the", "has the").replace("schema", "schema" if is_schema else "")
        yield Row(f"mlflow.db {what}", database("mlflow.db", damage), ("doctor",), 6, doctor, marks=marks)
        yield Row(f"optuna.db {what}", database("optuna.db", damage), ("doctor",), 6, doctor, marks=marks)
        yield Row(f"optuna.db {what}", database("optuna.db", damage), ("list",), 0, lines=9, marks=marks)
        if what not in ("foreign", "no head"):
            yield Row(f"optuna.db {what}", database("optuna.db", damage), TRAIN, 6, part, marks=marks)
    for command, code in ((("list",), 0), (("show", "RUN"), 0), (("doctor",), 1)):
        yield Row("leftovers", lambda folder: (folder / "mlflow.db.new").write_text("half"), command, code, lines=99)
        yield Row("no optuna.db", lambda folder: (folder / "optuna.db").unlink(), command, code, lines=99)
    for command in (*READERS, ("doctor",)):
        yield Row("no mlflow.db", lambda folder: (folder / "mlflow.db").unlink(), command, 6, "no store in")


ADDRESSES = {
    "": (0, ""),
    "sqlite:///mlflow.db": (0, ""),
    "sqlite://": (6, "names no file"),
    "sqlite:///": (6, "names no file"),
    "sqlite:///:memory:": (6, "names no file"),
    "sqlite:///file:x?mode=memory&uri=true": (6, "names no file"),
    "sqlite:///nowhere/mlflow.db": (6, "no store in"),
    "sqlite:////nowhere/mlflow.db": (6, "no store in /nowhere"),
    "http://": (6, "names no server"),
    "https://": (6, "names no server"),
    "http://:5000": (6, "names no server"),
    "http://[::1": (6, "Invalid IPv6"),
    "http://127.0.0.1:99999": (6, "Port out of range"),
    "http://127.0.0.1:x": (6, "Port could not"),
    "http://u:geheim@127.0.0.1:1": (6, "http://u:***@127.0.0.1:1: [Errno 111] Connection refused"),
    "http://u:ge/hei@m:geheim@127.0.0.1:1": (6, "MLFLOW_TRACKING_URI"),
    "http://u:geheim@127.0.0.1:SILENT": (6, "timed out"),
    "postgresql://u:geheim@127.0.0.1:1/db": (6, "postgresql://u:***@127.0.0.1:1/db: "),
    "mysql+nothing://u:geheim@127.0.0.1:1/db": (6, "mysql+nothing://u:***@127.0.0.1:1/db: "),
    "mysql://u:geheim@127.0.0.1/db": (6, "driver that is not installed"),
    "postgresql://": (6, "names no server"),
    "nonsense": (6, "names no server"),
    "file:///tmp/runs": (6, "names no server"),
    "/tmp/runs": (6, "names no server"),
}


def address_rows() -> Iterator[Row]:
    for address, (code, part) in ADDRESSES.items():
        where = {"MLFLOW_TRACKING_URI": address}
        yield Row(f"address {address}", Path.exists, ("list",), code, part, where, 2 if code else 9)
        if SECRET in address and "SILENT" not in address:
            yield Row(f"address {address}", Path.exists, ("list", "--debug"), code, "", where, 999)
            yield Row(f"address {address}", Path.exists, TRAIN, code, part, where)
    for url in ("mysql://u:geheim@host/db", "geheim", "http://u:geheim@h"):
        part = "--studies takes a URL" if url == SECRET else "u:***@h"
        yield Row(f"studies {url}", Path.exists, ("doctor",), 2, part, {"LINRNN_STUDIES": url})


def exported(edit: Change) -> Change:
    def prepare(folder: Path) -> None:
        shutil.copytree(folder.parent / "exported", folder / "exported")
        edit(folder / "exported")

    return prepare


def facts(**items: object) -> Change:
    def edit(folder: Path) -> None:
        content = json.loads((folder / "run.json").read_text()) | items
        (folder / "run.json").write_text(json.dumps(content))

    return edit


def tags(**items: object) -> Change:
    def edit(folder: Path) -> None:
        facts(tags=json.loads((folder / "run.json").read_text())["tags"] | items)(folder)

    return edit


def digests(**items: object) -> Change:
    """A forger who adapts the digest of the digests, too."""

    def edit(folder: Path) -> None:
        text = json.dumps(json.loads((folder / "digests.json").read_text()) | items)
        (folder / "digests.json").write_text(text)
        tags(digests=sha256(text.encode()).hexdigest())(folder)

    return edit


def content(name: str, new: bytes) -> Change:
    def edit(folder: Path) -> None:
        (folder / name).write_bytes(new)
        if name not in ("run.json", "digests.json"):
            digests(**{name: sha256(new).hexdigest()})(folder)

    return edit


def setting(name: str, value: str) -> Change:
    def edit(folder: Path) -> None:
        lines = dict(line.split(" = ", 1) for line in (folder / "config.txt").read_text().splitlines())
        text = "".join(f"{name} = {value}\n" for name, value in sorted({**lines, name: value}.items()))
        content("config.txt", text.encode())(folder)

    return edit


def arrays(edit: Callable[[str, Any], Any]) -> Change:
    def replace(folder: Path) -> None:
        old = dict(np.load(folder / "curves.npz"))
        file = io.BytesIO()
        np.savez(file, **{name: edit(name, value) for name, value in old.items()})
        content("curves.npz", file.getvalue())(folder)

    return replace


def weights(name: str, factor: float) -> Change:
    """Weights that are multiplied, in the type and shape that they have."""

    def edit(folder: Path) -> None:
        values = load((folder / name).read_bytes())
        content(name, save({key: (value * factor).astype(value.dtype) for key, value in values.items()}))(folder)

    return edit


def compress(folder: Path) -> None:
    """A bomb: 40 MB of zeros in 40 kB."""
    file = io.BytesIO()
    np.savez_compressed(file, **(dict(np.load(folder / "curves.npz")) | {"more": np.zeros(5_000_000)}))
    content("curves.npz", file.getvalue())(folder)


VALUES = ([], 1, None, "x", {}, True)
FORGED: dict[str, tuple[Change, str]] = {
    **{
        f"{key} = {value!r}": (facts(**{key: value}), f"its {key} is")
        for key, kind in {"run_id": str, "name": str, "metrics": dict, "tags": dict, "started": int}.items()
        for value in VALUES
        if type(value) is not kind and not (key in ("metrics", "tags") and value == {})
    },
    "no metrics": (facts(metrics={}), "seconds"),
    "no tags": (facts(tags={}), "digests.json is not the file"),
    "a tag in a list": (facts(tags={"digests": ["0"]}), "its tag digests is a list"),
    "a metric as text": (facts(metrics={"seconds": "1"}), "its metric seconds is '1'"),
    "an infinite start": (facts(started=float("inf")), "its started is inf"),
    "an id with a NUL": (facts(run_id="a\0b"), "its run_id has control characters"),
    "another form": (tags(form="quantum"), "'quantum' is no form"),
    "a negative schema": (tags(schema="-3"), "'-3', not a number"),
    "a newer schema": (tags(schema="99"), "newer linrnn"),
    **{
        f"{name} is {start!r}": (content(name, new), name)
        for name in ("run.json", "digests.json")
        for start, new in {
            "nothing": b"",
            "a list": b"[]",
            "a number": b"3",
            "null": b"null",
            "no text": b"\xff\xfe\0",
            "deep": b'{"a":' * 50_000,
        }.items()
    },
    **{f"{name} is nothing": (content(name, b""), name) for name in ("curves.npz", "weights/best.safetensors")},
    "environment is a list": (content("environment.json", b"[]"), "it is a list, not an object"),
    "a digest is a number": (digests(**{"config.txt": 5}), "that of config.txt is 5"),
    "a digest is null": (digests(**{"curves.npz": None}), "that of curves.npz is missing"),
    "a file that no run has": (digests(x="0"), "'x' is not the name of a file of a run"),
    "a file elsewhere": (digests(**{"../../x": "0"}), "'../../x' is not the name of a file of a run"),
    **{
        f"{name} = {value}": (setting(name, value), "")
        for name, value in {
            "model.hidden_size": "-3",
            "training.replicas": "7",
            "training.epochs": "0",
            "seed": "x",
            "model": "nope",
            "task": "nope",
            "task.rows": "1",
            "training.learning_rate": "nan",
        }.items()
    },
    "empty arrays": (arrays(lambda _, value: value[:0]), ""),
    "arrays of text": (arrays(lambda _, value: np.array(["a"])), ""),
    "arrays of one number": (arrays(lambda _, value: np.array(3.0)), ""),
    "negative epochs": (arrays(lambda name, value: -value if name == "evaluated" else value), "evaluated"),
    "more axes": (arrays(lambda _, value: value[None]), ""),
    **{
        f"{name} times {factor}": (weights(name, factor), f"{name} holds other weights")
        for name in ("weights/best.safetensors", "weights/final.safetensors")
        for factor in (1.5, np.nan)
    },
    "compressed arrays": (compress, "its arrays are compressed"),
    **{
        f"{kind} in place of {name}": (lambda folder, name=name, make=make: replace_by(make)(folder / name), name)
        for name in ("curves.npz", "digests.json", "run.json", "config.txt", "weights/final.safetensors")
        for kind, make in {"nothing": Path.exists, "folder": Path.mkdir, "pipe": os.mkfifo}.items()
    },
}


def record_rows() -> Iterator[Row]:
    for what, (edit, part) in FORGED.items():
        yield Row(f"export, {what}", exported(edit), ("reproduce", "exported", "-q"), 6, part)


def file(make: Change) -> Change:
    return lambda folder: make(folder / "data.csv")


def zipped(path: Path) -> None:
    """A bomb: 200 MB in 200 kB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", bytes(200_000_000))


SERIES: dict[str, tuple[Change, str, tuple[pytest.MarkDecorator, ...]]] = {
    "pipe": (os.mkfifo, "is a pipe", ()),
    "socket": (unix_socket, "is a socket", ()),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device", ()),
    "folder": (Path.mkdir, "is a folder", ()),
    "log of the system": (lambda path: path.symlink_to("/proc/kmsg"), "is empty", ()),
    "lost link": (lambda path: path.symlink_to("nowhere"), "", ()),
    "loop": (lambda path: path.symlink_to(path), "", ()),
    "empty lines": (lambda path: path.write_text("a" + "\n" * 9_000_000), "no rows", LONG),
    "header": (lambda path: path.write_text("a" * 140_000 + ",b\n1,2\n"), "characters", ()),
    "NULs": (lambda path: path.write_bytes(bytes(999)), "", ()),
    "million columns": (lambda path: path.write_text("1," * 1_000_000), "at most", LONG),
    "one line": (lambda path: path.write_text("1" * 10_000_000), "at most", LONG),
    "bomb": (zipped, "at most 100 MB", LONG),
}


def series_rows() -> Iterator[Row]:
    for what, (make, part, marks) in SERIES.items():
        for command in (("baselines",), ("test",), ("train", "--model", "linear"), ("sweep",)):
            arguments = (command[0], "data.csv", *command[1:])
            yield Row(f"series, {what}", file(make), arguments, 5, part, marks=marks)


FOLDERS = ("data?v2", "my%20store", "50%25off", "a#b", "{x}", "%", "x;y&z=1", "ä ö", "'\"", "-x", "x" * 250)


def folder_rows() -> Iterator[Row]:
    for name in FOLDERS:
        yield Row(f"folder {name[:9]}", store_in(name), ("list", f"--store={name}"), 0, lines=9)
        yield Row(f"folder {name[:9]}", store_in(name), ("doctor", f"--store={name}"), 1, lines=99, marks=LONG)
    bad = {
        "caf\udce9": "is not UTF-8",
        "y" * 300: "no store in",
        "exists": "no store in",
        "loop": "",
        "/dev/null": "",
    }
    for name, part in bad.items():
        for command in (("list",), ("doctor",), ("export", "RUN", "out"), TRAIN):
            if name == "exists" and command == TRAIN:
                continue
            said = "" if command == TRAIN else part
            yield Row(f"folder {name[:9]}", odd_folders, (*command, f"--store={name}"), 6, said)
    for target in ("file", "full", "file/x", "link", "/proc/x", "/dev/null", "z" * 300):
        yield Row(f"export to {target[:9]}", odd_folders, ("export", "RUN", target, "--store=GOLDEN"), 2)


FILE_OUTPUTS: tuple[tuple[str, ...], ...] = (
    *(("report", "sine", "-o"), ("forecast", "sine", "-o"), ("forecast", "sine", "--figure")),
    *(("backtest", "sine", "-o"), ("backtest", "sine", "--figure"), ("baselines", "sine", "--figure")),
    *(("test", "sine", "--figure"), ("suite", "--figure"), ("characterise", "RUN", "--export")),
)
FOLDER_OUTPUTS = (
    ("compare", "--figures"),
    ("characterise", "RUN", "-o"),
    ("reduce", "RUN", "--figures"),
    ("claims", "-o"),
)
FILE_TARGETS = {
    "link": (2, "is a directory"),
    "loop": (1, "a symbolic link, not a plain file"),
    "fifo": (1, "a pipe, not a plain file"),
    "/dev/null": (1, "a device, not a plain file"),
    "/dev/full": (1, "a device, not a plain file"),
    "full": (2, "is a directory"),
    "file/x": (1, "a file is in the place of its folder"),
    "z" * 300: (1, "File name too long"),
}
FOLDER_TARGETS = {
    "fifo": (1, "a pipe, not a folder"),
    "/dev/full": (1, "a device, not a folder"),
    "file": (2, "is a file"),
    "file/x": (1, "a file is in the place of its folder"),
    "loop": (1, "a symbolic link, not a folder"),
}


def output_rows() -> Iterator[Row]:
    """Where a command is to write is looked at before it does anything else."""
    every = ((FILE_OUTPUTS, FILE_TARGETS), (FOLDER_OUTPUTS, FOLDER_TARGETS))
    for command, targets in ((command, targets) for commands, targets in every for command in commands):
        marks = () if command in (FILE_OUTPUTS[0], FOLDER_OUTPUTS[0]) else LONG
        for target, (code, part) in targets.items():
            yield Row(f"{command[-1]} {target[:9]}", odd_folders, (*command, target), code, part, marks=marks)


def store_in(name: str) -> Change:
    """The store moved to a folder of that name, beside those that a wrong escape would lead to."""

    def prepare(folder: Path) -> None:
        for plain in ("data", "my store", "50%off", "a", "x"):
            (folder / plain).mkdir()
            (folder / plain / "mlflow.db").write_text("mine")
        (folder / name).mkdir()
        for file in ("mlflow.db", "optuna.db"):
            (folder / file).rename(folder / name / file)

    return prepare


def odd_folders(folder: Path) -> None:
    (folder / "exists").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "file").write_text("mine")
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to("exists")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "fifo")


ROWS = [*database_rows(), *address_rows(), *record_rows(), *series_rows(), *folder_rows(), *output_rows()]


def test_there_are_many_rows() -> None:
    assert len(ROWS) >= 300


@pytest.fixture(scope="module")
def world(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the databases of a sweep, whole but for the write-ahead log, an exported trial, and a run's id."""
    folder = tmp_path_factory.mktemp("world")
    copy_store(golden.store.folder, folder / "store", "mlruns")
    relocate(folder / "store")
    run_id = find_trials(golden.store, "sine")[0].run_id
    (folder / "run").write_text(f"{run_id}\n{golden.store.folder}")
    store = ["--store", str(golden.store.folder)]
    assert run(group, ["export", run_id, str(folder / "exported"), *store]) == 0
    for command in (["diff", run_id, run_id], ["doctor"]):  # imports what is slow
        assert run(group, [*command, *store]) == 0
    return folder


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def contents(folder: Path) -> dict[str, bytes | str]:
    """Every path below a folder with its content, or what it is; SQLite's files of open databases aside."""
    return {
        os.fsdecode(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else "other"
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm"))
    }


def fill(argument: str, world: Path) -> str:
    """An argument with the id of a run, or the path of its whole store."""
    run_id, store = (world / "run").read_text().splitlines()
    return argument.replace("RUN", run_id).replace("GOLDEN", store)


def alarm(*_: object) -> None:
    raise AssertionError("it hangs")


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row.name}: {row.arguments[0]}", marks=row.marks) for row in ROWS]
)
def test_what_nobody_foresaw_is_a_line_and_changes_nothing(
    row: Row, world: Path, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    folder = tmp_path / "store"
    shutil.copytree(world / "store", folder)
    (tmp_path / "exported").symlink_to(world / "exported")
    monkeypatch.chdir(folder)
    row.prepare(folder)
    monkeypatch.setattr("tracking.store.server_address.SECONDS", 1)
    for name, text in row.environment.items():
        monkeypatch.setenv(name, text.replace("SILENT", str(silent_port)))
    before, began = contents(folder), time.process_time()
    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(HANG)
    try:
        code, out, said = here(*(fill(argument, world) for argument in row.arguments))
    finally:
        signal.alarm(0)
    seconds = time.process_time() - began
    assert code == row.code, out + said
    assert len((out + said).splitlines()) <= row.lines, out + said
    assert row.part in out + said
    assert SECRET not in out + said or row.environment.get("LINRNN_STUDIES") == SECRET
    assert "Error:" not in (out + said) or "--debug" in row.arguments
    assert contents(folder) == before
    assert seconds < LIMIT
