"""Files are written whole, and nowhere else than asked for."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tracking.store.disk import (
    PathError,
    UnwritableError,
    read_plain_file,
    require_writable,
    resolve_path,
    to_file_name,
    write_durably,
    write_file,
    write_folder,
)


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Every path below a folder with its content, or what it is."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() and not path.is_symlink() else "no file"
        for path in sorted(folder.rglob("*"))
    }


def test_a_file_is_replaced_and_its_folders_are_created(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file.txt"
    for content in (b"one", b"two"):
        write_file(path, content)
        assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


def symlink(path: Path) -> None:
    path.symlink_to(path.parent / "mine")


def lost_symlink(path: Path) -> None:
    path.symlink_to(path.parent / "not there")


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind(str(path))


@pytest.mark.parametrize("make", [symlink, lost_symlink, os.mkfifo, Path.mkdir, unix_socket])
def test_only_plain_files_are_replaced(
    tmp_path: Path, make: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    Path("mine").write_text("mine")
    make(Path("out"))
    kind, before = Path("out").lstat().st_mode, snapshot(tmp_path)
    for write in (lambda path: write_file(path, b"new"), require_writable):
        with pytest.raises(UnwritableError) as raised:
            write(Path("out"))
        assert len(str(raised.value).splitlines()) == 1
    assert (Path("out").lstat().st_mode, snapshot(tmp_path)) == (kind, before)


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(UnwritableError):
        write_file(Path("/dev/null"), b"new")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["x" * 300, "/proc/no/file", "mine/file"])
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(UnwritableError) as raised:
        write_file(tmp_path / name, b"new")
    assert raised.value.exit_code == 1
    assert len(str(raised.value).splitlines()) == 1
    assert snapshot(tmp_path) == before


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "file", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnwritableError):
        write_file(tmp_path / "file", b"new")
    assert snapshot(tmp_path) == {"file": b"old"}


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/tmp/out", "..", ".", "", "link", "link/out", "a\x00b"])
def test_no_name_leads_out_of_a_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "out").write_text("mine")
    (folder / "link").symlink_to(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(PathError):
        resolve_path(folder, name)
    with pytest.raises(PathError):
        read_plain_file(folder, name)
    with pytest.raises(PathError):
        write_durably(folder, {"fine": b"new", name: b"new"})
    with pytest.raises(UnwritableError):
        write_folder(folder, {name: b"new"})
    assert snapshot(tmp_path) == before


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe"):
        read_plain_file(tmp_path, "pipe")


@pytest.mark.parametrize("text", ["sine", "data.csv", "my series (2).csv", "ä ö", ".hidden", "sine linear 0"])
def test_a_plain_name_stays_as_it_is(text: str) -> None:
    assert to_file_name(text) == text


def test_names_of_files_are_safe_and_stay_different(tmp_path: Path) -> None:
    texts = ["../x", ".._x", "..", ".", "", "a/b", "a_b", "a\\b", "a\nb", "x" * 300, "x" * 299, "ä" * 200, "\udcff/x"]
    names = [to_file_name(text) for text in texts]
    assert len({*names}) == len(names)
    for name in names:
        assert resolve_path(tmp_path, name).parent == tmp_path
        write_file(tmp_path / f"{name}.lock", b"")
