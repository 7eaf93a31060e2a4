"""The public files of the published figures, and the tasks that they are."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from linrnn.data.digests import content_digest
from linrnn.errors import DataError
from tracking.store.disk import write_file

TRAIN, MULTISINE, ARROW = (40650, 105712), (105712, 127400), (100, 40575)  # rows of Silverbox: Champneys et al. 2024
INNER = 32100 - 100  # rows of the arrow whose amplitude training covers


class DataFile(NamedTuple):
    """A public file: its name, its SHA-256, and where the public has it."""

    name: str
    sha256: str
    home: str


ETT = DataFile(
    "ETTh1.csv",
    "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
    "the repository zhouhaoyi/ETDataset, folder ETT-small",
)
SILVERBOX = DataFile(
    "silverbox.csv",
    "ae62d5a91230c10f76e6dd02c8a4fac3c9d4d8a95fbf50e87cb0c4885003e0f1",
    "the nonlinear system identification benchmarks, Silverbox, SNLS80mV.csv",
)


class DataFolder(NamedTuple):
    """A folder with the public files, and one for the files that are cut out of them."""

    source: Path
    work: Path

    def check(self) -> None:
        """DataError, a line for each file, where one is missing or another one."""
        errors = []
        for file in (ETT, SILVERBOX):
            path = self.source / file.name
            if not path.is_file():
                errors.append(f"{path} is missing: get it from {file.home}")
            elif content_digest(path.read_bytes()) != file.sha256:
                errors.append(f"{path} is not the published file, whose SHA-256 is {file.sha256}: see {file.home}")
        if errors:
            raise DataError("\n".join(errors))

    def ett_text(self, steps: int, relative: str = "last") -> dict[str, str]:
        """Return the task of predicting the next rows of the oil temperature (Zeng et al. 2023) as flat text."""
        return {
            "task": "series",
            "task.file": str((self.source / ETT.name).resolve()),
            "task.column": "OT",
            "task.split": "8640,11520,14400",
            "task.steps": str(steps),
            "task.relative": relative,
        }

    def silverbox_text(self, test: str = "multisine") -> dict[str, str]:
        """Return the task of the output voltage from the input voltage (Champneys et al. 2024) as flat text."""
        return {
            "task": "series",
            "task.file": str((self.work / "silverbox-train.csv").resolve()),
            "task.test_file": str((self.work / f"silverbox-{test}.csv").resolve()),
            "task.column": "V2",
            "task.inputs": "V1",
            "task.horizon": "0",
            "task.washout": "50",
        }

    def cut_silverbox(self) -> None:
        """Write the rows of training and of each test record into files of their own."""
        header, *rows = (self.source / SILVERBOX.name).read_text().splitlines()
        self.work.mkdir(parents=True, exist_ok=True)
        for name, (first, end) in {"train": TRAIN, "multisine": MULTISINE, "arrow": ARROW}.items():
            lines = [line.rstrip(",") for line in (header, *rows[first:end])]
            write_file(self.work / f"silverbox-{name}.csv", "\n".join([*lines, ""]).encode())
