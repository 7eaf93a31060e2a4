"""What calibration records of one series: its truth, the result of its sweep, and what that cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linrnn.analysis.proportion import Proportion
from linrnn.analysis.verdict import LINEAR
from linrnn.processes.process import LINEAR_KIND, NONLINEAR_KIND
from linrnn.processes.truth import Truth
from tracking.store.disk import write_file

LEAST_EXCESS = 0.95  # of a linear network that is not materially better than the best linear predictor


@dataclass(frozen=True)
class SeriesResult:
    """The result of one series.

    Parameters
    ----------
    number : int
        Number of the series.
    process : str
        Type of its process.
    kind : str
        `linear`, `noise` or `nonlinear`.
    parameters : mapping of str to value
        Parameters of its process.
    rows : int
        Length of the series.
    truth : Truth
        Losses of the best predictor and of the best linear one.
    sweep : mapping of str to value
        Its sweep, as `linrnn sweep --json` prints it, without its studies: verdict, reason, confirmation, baselines,
        bounds.
    cpu_seconds : float or None
        Processor time of the sweep, start of the process aside; None where it was interrupted.
    code : mapping of str to str
        Commit, and digest of the code, that the verdict was reached with.
    """

    number: int
    process: str
    kind: str
    parameters: Mapping[str, Any]
    rows: int
    truth: Truth
    sweep: Mapping[str, Any]
    cpu_seconds: float | None
    code: Mapping[str, str]

    @property
    def gain(self) -> float:
        """True gain of the best predictor over the best linear one."""
        return self.truth.gain

    @property
    def verdict(self) -> str:
        """Verdict of the sweep."""
        return str(self.sweep["verdict"])

    @property
    def is_linear(self) -> bool:
        """Whether the process is linear, and no noise."""
        return self.kind == LINEAR_KIND

    @property
    def needs_nothing(self) -> bool:
        """Whether `nonlinearity needed` is wrong: the process is linear or noise."""
        return self.kind != NONLINEAR_KIND

    @property
    def linear_confirmation(self) -> Mapping[str, Any]:
        """The confirmation of the linear network; empty without one."""
        return next((each for each in self.sweep["confirmation"] if each["model"] == LINEAR), {})

    @property
    def linear_excess(self) -> float | None:
        """Median test loss of the confirmed linear network divided by the linear baseline."""
        return self.linear_confirmation.get("excess")

    @property
    def is_better_than_baseline(self) -> bool:
        """Whether the linear network is better than the linear baseline by 5 %, with an interval below 1."""
        _, high = self.linear_confirmation.get("excess_interval") or (None, None)  # None where it is infinite
        return self.linear_excess is not None and high is not None and self.linear_excess < LEAST_EXCESS and high < 1

    @property
    def divergence(self) -> Proportion:
        """Replicas of the confirmed linear network that diverged."""
        return Proportion(self.linear_confirmation.get("diverged", 0), self.linear_confirmation.get("replicas", 0))


def result_json(result: SeriesResult) -> dict[str, Any]:
    """Return a result as an object of JSON."""
    return {**asdict(result), "truth": {**result.truth._asdict(), "gain": result.gain}}


def read_result(path: Path) -> SeriesResult:
    """Read the result of a series."""
    content = json.loads(path.read_text())
    truth = Truth(content["truth"]["oracle_loss"], content["truth"]["linear_loss"])
    return SeriesResult(**{**content, "truth": truth})


def write_result(path: Path, result: SeriesResult) -> None:
    """Write the result of a series, atomically."""
    write_file(path, json.dumps(result_json(result)).encode())
