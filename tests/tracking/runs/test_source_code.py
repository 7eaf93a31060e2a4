"""What is recorded of the source code: changes as a diff, unless not wanted, and never what looks like a secret."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments.cli.train import train
from tracking.runs import source_code
from tracking.runs.source_code import records_diff, source_version, uncommitted_diff

SECRETS = (
    ".env",
    ".env.local",
    "id_rsa",
    "server.pem",
    "my-Secrets.toml",
    "api.key",
    "credentials",
    "PASSWORDS.txt",
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository with the three rooms and a committed file in each."""
    for room in source_code.ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "module.py").write_text("x = 1\n")
        (tmp_path / room / "old.pem").write_text("old\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A", "-f"), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    monkeypatch.setattr(source_code, "ROOT", tmp_path)
    source_version.cache_clear()
    yield tmp_path
    source_version.cache_clear()


def test_changes_are_recorded_and_secrets_are_not(checkout: Path) -> None:
    for room in source_code.ROOMS:
        (checkout / room / "module.py").write_text("x = 2\n")
        (checkout / room / "new.py").write_text("y = 3\n")
        (checkout / room / "old.pem").write_text("geheim\n")
        (checkout / room / "deep").mkdir()
        for name in SECRETS:
            (checkout / room / name).write_text("geheim\n")
            (checkout / room / "deep" / name).write_text("geheim\n")
    diff = b"".join(uncommitted_diff().values()).decode()
    assert diff.count("+x = 2") == diff.count("+y = 3") == len(source_code.ROOMS)
    assert "geheim" not in diff
    assert not [name for name in SECRETS if name in diff]


def test_a_secret_alone_is_no_change(checkout: Path) -> None:
    (checkout / "linrnn" / ".env").write_text("geheim\n")
    assert uncommitted_diff() == {}


@pytest.mark.parametrize(("value", "is_recorded"), [("", True), ("0", True), ("1", False), ("yes", False)])
def test_the_diff_is_left_out_where_it_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, value: str, is_recorded: bool
) -> None:
    monkeypatch.setenv(source_code.NO_DIFF, value)
    assert records_diff() == is_recorded


def test_the_option_leaves_it_out_in_workers_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(source_code.NO_DIFF, "0")
    assert CliRunner().invoke(train, ["--no-diff", "nope"]).exit_code != 0
    assert not records_diff()
