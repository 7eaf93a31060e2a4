"""A run as a folder that stands alone: its files, its facts, and how to check them."""

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

A recorded trial of linrnn {version}, run `{run_id}`, exported to be checked without the store it comes from.
Two commands check it, in this folder:

```
sha256sum --check SHA256SUMS
linrnn reproduce .
```

The first tells whether the files are whole. The second, with linrnn installed (commit {commit},
{changes}), trains the trial again from `config.txt` and says whether all of it is the same, bit for bit.

| file | what it holds |
|---|---|
| `config.txt` | all that decides what the trial computes |
| `curves.npz` | train loss, gradient norm and val loss of each replica, and digests of its weights, by epoch |
| `weights/` | the weights of all replicas, of the lowest val loss and of the last epoch, as safetensors |
| `digests.json` | SHA-256 of the data, of the first weights and of the files |
| `environment.json` | where and with what it was trained |
| `run.json` | its metrics and tags |
| `data/` | the series that it was trained on, where that is a file of the user's and not too large |
"""


def export_trial(record: TrialRecord, folder: Path) -> None:
    """Write a verified record to a new or empty folder, whole or not at all. ConfigError for another one."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already: name a new folder")
    files = export_files(record)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent.resolve()))
    except OSError as error:
        raise ConfigError(f"cannot make {folder}: {error.strerror}") from error
    try:
        write_durably(beside, files)
        beside.chmod(0o755)
        os.replace(beside, folder)
    except OSError as error:
        raise ConfigError(f"cannot write {folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def export_files(record: TrialRecord) -> dict[str, bytes]:
    """Name -> content of the folder's files."""
    names = [*(json.loads(record.read(Artifact.DIGESTS)).keys() - set(ORIGINS)), str(Artifact.DIGESTS)]
    files = {name: record.read(name) for name in sorted(names)} | {FACTS: export_facts(record)}
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    environment = json.loads(files[Artifact.ENVIRONMENT])
    text = TEXT.format(
        name=record.name,
        run_id=record.run_id,
        version=environment["linrnn"],
        commit=environment["commit"],
        changes={"yes": "with `uncommitted.diff` applied", "no": "as committed"}.get(
            environment["uncommitted_changes"], "whose changes are not known"
        ),
    )
    return {**files, SUMS: sums.encode(), README: text.encode()}
