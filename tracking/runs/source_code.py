"""Which code runs: its commit, how its files differ from that, and a digest of them."""

from __future__ import annotations

import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

from tracking.schema import Artifact

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("linrnn", "tracking", "experiments")
PLAIN = ("--binary", "--no-color", "--no-ext-diff")  # whatever the user's git is set to


@cache
def source_version() -> tuple[str, bytes | None]:
    """Commit of the code that runs, and how files differ from it; `unknown` and None outside git."""
    if not (ROOT / ".git").exists():
        return "unknown", None
    commit, changed = git("rev-parse", "HEAD"), git("diff", *PLAIN, "HEAD", "--", *ROOMS)
    new = git("ls-files", "-z", "--others", "--exclude-standard", "--", *ROOMS)
    if commit is None or changed is None or new is None:
        return "unknown", None
    names = [name for name in new.decode().split("\0") if name]
    added = (git("diff", *PLAIN, "--no-index", "--", "/dev/null", name, differs=1) or b"" for name in names)
    return commit.decode().strip(), b"".join([changed, *added])


def uncommitted_diff() -> dict[str, bytes]:
    """The uncommitted changes as a file, where there are any."""
    _, changed = source_version()
    return {Artifact.DIFF: changed} if changed else {}


def source_digest() -> str:
    """SHA-256 of the code that decides what a trial computes, committed or not."""
    total = sha256()
    for path in sorted((ROOT / "linrnn").rglob("*.py")):
        total.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
    return total.hexdigest()


def git(*arguments: str, differs: int = 0) -> bytes | None:
    """What git prints of this checkout; None where it fails or is not installed. `differs` is also a success."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode in (0, differs) else None
