"""Files: written atomically, on disk when a run is closed, and nowhere else than asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Literal

from linrnn.errors import LinrnnError
from tracking.store_errors import StoreError

MAX_NAME_BYTES = 200  # of a file; file systems allow 255, and suffixes are added
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")


class UnwritableError(LinrnnError):
    """A file that the user named and that cannot be written."""


class PathError(StoreError):
    """A name from a record that leads out of its folder."""


def write_file(path: Path, content: bytes) -> None:
    """Write a file that the user named, atomically; create its folders.

    Parameters
    ----------
    path : pathlib.Path
        A file there is replaced. A symlink, device, pipe, socket or folder is not.
    content : bytes
        All of the file.

    Raises
    ------
    UnwritableError
        If `path` is not a plain file or cannot be written; it is then as before.
    """
    temporary = path.parent / f".linrnn-{token_hex(8)}"
    try:
        require_plain(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_and_sync(temporary, content, "xb")
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = "a file is in the place of its folder" if isinstance(error, FileExistsError) else error.strerror
        raise UnwritableError(f"cannot write {path}: {reason}; name another file") from error


def require_plain(path: Path) -> None:
    """Raise UnwritableError for a path that is there and is not a plain file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UnwritableError(f"cannot write {path}: it is {describe_type(path)}, not a plain file; name another")


def require_writable(path: Path, is_folder: bool = False) -> None:
    """Raise UnwritableError for a file or folder that cannot be written, as far as can be seen before it is tried."""
    try:
        if is_folder and os.path.lexists(path) and not path.is_dir():
            raise UnwritableError(f"cannot write into {path}: it is {describe_type(path)}, not a folder; name another")
        if not is_folder:
            require_plain(path)
        ways = path.absolute().parents if not is_folder else (path, *path.absolute().parents)
        folder = next(each for each in ways if each.exists())
    except OSError as error:
        raise UnwritableError(f"cannot write {path}: {error.strerror}; name another") from error
    if not folder.is_dir():
        raise UnwritableError(f"cannot write {path}: a file is in the place of its folder; name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnwritableError(f"cannot write {path}: the folder {folder} is read-only for you; name another")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by name and content, into a folder that the user named; UnwritableError where one leads out."""
    for name, content in files.items():
        try:
            path = resolve_path(folder, name)
        except PathError as error:
            raise UnwritableError(f"cannot write {folder / name}: it is not in {folder}; name another") from error
        write_file(path, content)


def describe_type(path: Path) -> str:
    """Return what a path is that is not a plain file."""
    kinds = (
        (path.is_symlink, "a symbolic link"),
        (path.is_dir, "a folder"),
        (path.is_fifo, "a pipe"),
        (path.is_socket, "a socket"),
    )
    return next((name for matches, name in kinds if matches()), "a device")


def write_durably(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by name and content, into a folder; return when they and their names are on disk.

    PathError, and nothing written, where a name leads out of the folder.
    """
    paths = {resolve_path(folder, name): content for name, content in files.items()}
    folders = {folder}
    for path, content in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        folders |= {path.parent, *(parent for parent in path.parents if folder in parent.parents)}
        write_and_sync(path, content)
    for each in (*folders, folder.parent, folder.parent.parent):  # the run's own folder is new, too
        sync_folder(each)


def write_and_sync(path: Path, content: bytes, mode: Literal["wb", "xb"] = "wb") -> None:
    """Write a file and wait until its content is on disk; `xb` creates a new one and follows no symbolic link."""
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def resolve_path(folder: Path, name: str) -> Path:
    """Return the path of a name in a folder; PathError where it leads out of it, by `..` or by a symbolic link."""
    path = folder / name
    if "\x00" in name or path == folder or not is_inside(folder, path):
        raise PathError(f"{name!r} is not the name of a file in {folder}")
    return path


def is_inside(folder: Path, path: Path) -> bool:
    """Whether a path leads to a file in a folder, or in a folder of it."""
    if path.parent == folder and path.name != ".." and not path.is_symlink():
        return True  # without a look at each folder on the way, which is slow for thousands of runs
    return path.resolve().is_relative_to(folder.resolve())


def read_plain_file(folder: Path, name: str) -> bytes:
    """Return the content of a plain file in a folder; PathError where its name leads out of it."""
    path = resolve_path(folder, name)
    if path.exists() and not path.is_file():
        raise OSError(0, f"it is {describe_type(path)}, not a plain file")
    return path.read_bytes()


def to_file_name(text: str) -> str:
    """Return a text as the name of one file or folder.

    Unchanged where it can be; otherwise shortened, without separators and control characters, and with a digest, so
    that different texts have different names.
    """
    name = UNSAFE.sub("_", text)
    if name == text and text.strip(".") and len(os.fsencode(text)) <= MAX_NAME_BYTES:
        return text
    short = os.fsencode(name)[: MAX_NAME_BYTES // 2].decode(errors="ignore").strip(".")
    return f"{short}-{sha256(os.fsencode(text)).hexdigest()[:8]}"
