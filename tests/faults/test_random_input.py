"""Random config text, study files, tables, weights and exported records: a value, or one error of ours."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.cli.study_file import read_study_file
from linrnn.errors import ConfigError, DataError, LinrnnError
from linrnn.models import MODELS
from linrnn.tasks import TASKS
from linrnn.tasks.series import Series
from linrnn.training.trial_config import from_text, to_text
from tests.conftest import Golden
from tracking.runs.artifacts import UNREADABLE, parse_config, parse_curves, parse_weights
from tracking.runs.query import find_trials
from tracking.runs.verification import load_export

T = TypeVar("T")
EXAMPLES = settings(
    max_examples=int(os.environ.get("LINRNN_EXAMPLES", "20")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["", "nan", "inf", "-1", "0", "1e999", "1,5", "$3", "3%", "NA", "true", "٣", "1_0", "0x1", "\0", "\x1b[2J"]
    ),
    st.text(max_size=9),
)
NAMES = st.one_of(st.sampled_from(sorted(to_text(from_text({"task": "sine", "model": "tanh"})))), st.text(max_size=20))
WEIGHTS = save({"W": np.zeros((2, 3, 3), np.float32)})


def attempt(action: Callable[[], T], *errors: type[LinrnnError]) -> tuple[T | None, LinrnnError | None]:
    """What an action returns, or which of these errors it raises."""
    try:
        return action(), None
    except errors as error:
        return None, error


@EXAMPLES
@given(st.sampled_from([*TASKS, "nope"]), st.sampled_from([*MODELS, ""]), st.dictionaries(NAMES, NUMBERS, max_size=3))
def test_config_text_is_a_config_or_an_error(task: str, model: str, text: dict[str, str]) -> None:
    config, error = attempt(lambda: from_text({"task": task, "model": model, **text}), ConfigError)
    assert config is None or from_text(to_text(config)) == config
    assert error is None or error.exit_code == 2


def toml_value(value: object) -> str:
    """A value as TOML: JSON but for what TOML calls otherwise; nothing that TOML lacks."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {toml_value(each)}' for name, each in value.items())}}}"
    return json.dumps(value) if isinstance(value, (str, bool)) else repr(value)


KEYS = st.one_of(
    st.sampled_from(["tasks", "models", "trials", "epochs", "replicas", "seed", "set"]), st.text(max_size=5)
)
LEAVES = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.sampled_from(["sine", "all", "tanh", "x" * 300])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@EXAMPLES
@given(st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.binary(max_size=99)))
@example({"tasks": ["x" * 300]})
@example(b"a = " + b"[" * 5000)
@example({"tasks": ["sine"], "set": {"seed": 1}})
@example(b"seed = " + b"9" * 5000)
def test_a_study_file_is_read_or_an_error(tmp_path: Path, drawn: dict[str, object] | bytes) -> None:
    path = tmp_path / "study.toml"
    if isinstance(drawn, dict):
        lines = [f"{json.dumps(name)} = {toml_value(value)}" for name, value in drawn.items()]
        drawn = "\n".join(lines).encode(errors="replace")
    path.write_bytes(drawn)
    study, error = attempt(lambda: read_study_file(path), ConfigError)
    assert error is None or error.exit_code == 2
    if study:
        assert study.tasks
        assert all(isinstance(text, str) for text in (*study.tasks, *study.models, *study.text, *study.text.values()))


@EXAMPLES
@given(st.binary(max_size=200))
@example(b"a = b\r\nc\n = \n")
def test_a_config_file_is_text_or_an_error(content: bytes) -> None:
    try:
        parsed = parse_config(content)
    except UNREADABLE:
        return
    assert all(isinstance(value, str) for value in parsed.values())


ROWS = st.lists(st.lists(NUMBERS, min_size=1, max_size=4), max_size=12)


@EXAMPLES
@given(
    st.one_of(
        st.binary(max_size=300),
        st.tuples(ROWS, st.sampled_from([",", ";", "\t", "|", " "]), st.sampled_from(["\n", "\r\n", "\r"])).map(
            lambda table: table[2].join(table[1].join(row) for row in table[0]).encode(errors="replace")
        ),
        st.tuples(st.sampled_from([b"PK\x03\x04", b"\x1f\x8b", b"\x93NUMPY", b"PAR1", b"ARROW1", b"{", b"["]),
                  st.binary(max_size=99)).map(b"".join),
        JSON.map(lambda value: json.dumps(value).encode()),
    )
)  # fmt: skip
def test_a_table_is_a_series_or_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    task, error = attempt(lambda: Series(file=str(path)).load().task, DataError, ConfigError)
    assert task is None or np.isfinite(task.data().targets).all()
    assert error is None or (len(str(error)) < 700 and error.exit_code in (2, 5))


@EXAMPLES
@given(JSON, st.integers(-2, 2) | st.integers(0, 2**64 - 1), st.binary(max_size=40))
@example({"W": {"dtype": "F32", "shape": [-1, 3], "data_offsets": [0, -12]}}, 0, bytes(12))
@example({"W": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 2**62]}}, 0, b"")
@example({"__metadata__": {"a": 1}}, 0, b"")
def test_a_header_of_weights_is_read_or_an_error(header: Any, excess: int, body: bytes) -> None:
    text = json.dumps(header).encode()
    length = excess if excess > 2 else max(0, len(text) + excess)
    for content in (struct.pack("<Q", length) + text + body, text + body):
        try:
            weights = parse_weights(content)
        except UNREADABLE:
            continue
        assert all(isinstance(value, np.ndarray) for value in weights.values())


@EXAMPLES
@given(st.integers(0, len(WEIGHTS) - 1), st.integers(0, 255), st.integers(0, len(WEIGHTS)))
def test_damaged_weights_are_read_or_an_error(place: int, value: int, size: int) -> None:
    content = bytearray(WEIGHTS)
    content[place] = value
    for each in (bytes(content), bytes(content[:size])):
        for parse in (parse_weights, parse_curves):
            try:
                parse(each)
            except UNREADABLE:
                continue


@pytest.fixture(scope="module")
def exported(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "exported"
    run_id = find_trials(golden.store, "sine")[0].run_id
    assert run(group, ["export", run_id, str(folder), "--store", str(golden.store.folder)]) == 0
    return folder


def forge(folder: Path, facts: Any, digests: Any, is_consistent: bool) -> None:
    """Replace items of run.json and digests.json, and where asked the digest of the second in the first."""
    changes = {"run.json": facts, "digests.json": digests}
    for name, items in changes.items():
        old = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**old, **items} if isinstance(items, dict) else items))
    new = json.loads((folder / "run.json").read_text())
    if is_consistent and isinstance(new, dict) and isinstance(new.get("tags"), dict):
        new["tags"]["digests"] = sha256((folder / "digests.json").read_bytes()).hexdigest()
        (folder / "run.json").write_text(json.dumps(new))


FACTS = st.dictionaries(st.sampled_from(["run_id", "name", "started", "metrics", "tags", "x"]), JSON, max_size=2)
FILES = ["config.txt", "curves.npz", "weights/best.safetensors", "data.train", "environment.json", "../x", "x"]


@EXAMPLES
@given(FACTS | JSON, st.dictionaries(st.sampled_from(FILES), JSON, max_size=2) | JSON, st.booleans())
def test_a_forged_export_is_damage_or_what_was_exported(
    exported: Path, tmp_path: Path, facts: Any, digests: Any, is_consistent: bool
) -> None:
    folder = tmp_path / "forged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(exported, folder)
    forge(folder, facts, digests, is_consistent)
    result, error = attempt(lambda: load_export(folder).verify(), LinrnnError)
    assert result is None or result.config == load_export(exported).config
    assert error is None or error.exit_code == 6
