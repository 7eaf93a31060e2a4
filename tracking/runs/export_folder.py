"""Export of a run to a self-contained folder: its files, its metadata and instructions for checking them."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from linrnn.errors import ConfigError
from tracking.runs.artifacts import ORIGINS
from tracking.runs.verification import FACTS, TrialRecord, export_facts
from tracking.schema import Artifact
from tracking.store.disk import write_durably

SUMS, README = "SHA256SUMS", "README.md"
TEXT = """# {name}

A recorded trial of linrnn {version}, run `{run_id}`, exported for checks without its store.
Two commands check it, in this folder:

```
sha256sum --check SHA256SUMS
linrnn reproduce .
```

The first verifies the files. The second needs linrnn (commit {commit}, {changes}); it trains the trial again from
`config.txt` and compares the result bit for bit.

| file | content |
|---|---|
| `config.txt` | the trial config, everything that decides what the trial computes |
| `curves.npz` | training loss, gradient norm, validation loss and digests of the weights, by replica and epoch |
| `weights/` | the weights of all replicas at the lowest validation loss and after the last epoch, as safetensors; \
missing if `linrnn gc` has deleted them |
| `digests.json` | SHA-256 of the data, the initial weights and the files |
| `environment.json` | hardware, libraries and source code of the training |
| `run.json` | its metrics and tags |
| `data/` | the user's series, unless it is too large |
"""


def export_trial(record: TrialRecord, folder: Path) -> None:
    """Write a verified record to a new or empty folder, completely or not at all; ConfigError for any other one."""
    files = export_files(record)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"{folder} exists already: name a new folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent.resolve()))
    except OSError as error:
        raise ConfigError(f"cannot create {folder}: {error.strerror}") from error
    try:
        write_durably(temporary, files)
        temporary.chmod(0o755)
        os.replace(temporary, folder)
    except OSError as error:
        raise ConfigError(f"cannot write {folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def export_files(record: TrialRecord) -> dict[str, bytes]:
    """Return the files of the folder: name -> content."""
    digests = json.loads(record.read(Artifact.DIGESTS)).keys() - set(ORIGINS) - record.deletions
    names = [*digests, str(Artifact.DIGESTS)]
    files = {name: record.read(name) for name in sorted(names)} | {FACTS: export_facts(record)}
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    environment = json.loads(files[Artifact.ENVIRONMENT])
    text = TEXT.format(
        name=record.name,
        run_id=record.run_id,
        version=environment["linrnn"],
        commit=environment["commit"],
        changes={"yes": "with `uncommitted.diff` applied", "no": "as committed"}.get(
            environment["uncommitted_changes"], "uncommitted changes unknown"
        ),
    )
    return {**files, SUMS: sums.encode(), README: text.encode()}
