"""Pin packages by version and by the SHA-256 of their files: `python .ci/lock.py FILE...` rewrites each FILE.

A FILE has one `name==version` per line, as `pip freeze` writes it. The files are those of the package index and folders
that pip is configured for, as far as Python 3.11 or newer on Linux or macOS can install them: wheels, or the source
where there is none. A version without a local part, such as `+cpu`, includes its local builds. Needs pip-tools.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from pip._internal.models.link import Link
from piptools.repositories import PyPIRepository

PIN = re.compile(r"^([\w.-]+)==([\w.!+]+)", re.MULTILINE)
NEWEST = re.compile(r"cp3(1[1-9]|[2-9]\d)$|py[23]$|py3\d*$")
SYSTEMS = re.compile(r"any$|(many|musl)?linux|macosx")


def fits(tag: Tag) -> bool:
    """Whether Python 3.11 or newer on Linux or macOS installs wheels of a tag."""
    is_stable = tag.abi == "abi3" and tag.interpreter.startswith("cp3")
    is_new = NEWEST.match(tag.interpreter) is not None and not tag.abi.endswith("t")
    return (is_stable or is_new) and SYSTEMS.match(tag.platform) is not None


def file_digest(link: Link) -> str:
    """Return the SHA-256 of a file: that of the index, or of the file itself in a folder."""
    is_known = link.hash_name == "sha256" and link.hash
    return str(link.hash) if is_known else sha256(Path(link.file_path).read_bytes()).hexdigest()


def find_digests(repository: PyPIRepository, name: str, version: str) -> list[str]:
    """Return the SHA-256 of the files of a version, in ascending order."""
    with repository.allow_all_wheels():
        found = repository.find_all_candidates(name)
    every = [each for each in found if version in (str(each.version), each.version.public)]
    wheels = [each for each in every if each.link.is_wheel]
    fitting = [each for each in wheels if any(map(fits, parse_wheel_filename(each.link.filename)[3]))]
    return sorted({file_digest(each.link) for each in fitting or every})


def main() -> None:
    """Rewrite each file that the command line names."""
    with TemporaryDirectory() as cache:
        rewrite(PyPIRepository(["--quiet"], cache_dir=cache), [Path(name) for name in sys.argv[1:]])


def rewrite(repository: PyPIRepository, paths: list[Path]) -> None:
    """Add to the pins in each file the digests of their files, sorted by name."""
    for path in paths:
        pins = sorted(PIN.findall(path.read_text()), key=lambda pin: pin[0].lower())
        text = ""
        for name, version in pins:
            digests = find_digests(repository, name, version)
            if not digests:
                sys.exit(f"no file of {name} {version} for Python 3.11 or newer on Linux")
            text += " \\\n    ".join([f"{name}=={version}", *(f"--hash=sha256:{each}" for each in digests)]) + "\n"
        path.write_text(text)


if __name__ == "__main__":
    main()
