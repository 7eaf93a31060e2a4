"""The source code of this process: its commit, its uncommitted changes and a digest of its files."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

from tracking.schema import Artifact

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("linrnn", "tracking", "experiments")
NO_DIFF = "LINRNN_NO_DIFF"  # environment variable: uncommitted changes are not recorded
SECRETS = (  # names of files that look like secrets, which are never recorded
    *(".env*", ".netrc", ".pgpass", "id_rsa*", "id_ed25519*", "*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx"),
    *("*secret*", "*credential*", "*password*", "*token.txt", "*.token"),
)
PLAIN = ("--binary", "--no-color", "--no-ext-diff")  # independent of the user's git configuration


@cache
def source_version() -> tuple[str, bytes | None]:
    """Return the commit of the code and the uncommitted changes as a diff; `unknown` and None outside git.

    Files that look like secrets are left out of the diff.
    """
    if not (ROOT / ".git").exists():
        return "unknown", None
    rooms = (*ROOMS, *(f":(exclude,icase,glob)**/{name}" for name in SECRETS))
    commit, diff = git("rev-parse", "HEAD"), git("diff", *PLAIN, "HEAD", "--", *rooms)
    new = git("ls-files", "-z", "--others", "--exclude-standard", "--", *rooms)
    if commit is None or diff is None or new is None:
        return "unknown", None
    names = [name for name in new.decode().split("\0") if name]
    additions = (git("diff", *PLAIN, "--no-index", "--", "/dev/null", name, difference=1) or b"" for name in names)
    return commit.decode().strip(), b"".join([diff, *additions])


def uncommitted_diff() -> dict[str, bytes]:
    """Return the uncommitted changes as an artifact: name -> content, empty without changes."""
    _, diff = source_version()
    return {Artifact.DIFF: diff} if diff else {}


def records_diff() -> bool:
    """Whether uncommitted changes are recorded with each run."""
    return os.environ.get(NO_DIFF, "") in ("", "0")


def source_digest() -> str:
    """Return the SHA-256 of the code that decides what a trial computes, uncommitted changes included."""
    total = sha256()
    for path in sorted((ROOT / "linrnn").rglob("*.py")):
        total.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
    return total.hexdigest()


def git(*arguments: str, difference: int = 0) -> bytes | None:
    """Return git's output for this checkout; None where git is missing or its exit code is not 0 or `difference`."""
    try:
        process = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout if process.returncode in (0, difference) else None
