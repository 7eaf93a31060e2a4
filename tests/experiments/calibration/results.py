"""Made-up results of calibration."""

from __future__ import annotations

from typing import Any

from experiments.calibration.series_result import SeriesResult
from linrnn.processes.truth import Truth


def make_result(number: int, kind: str, gain: float, verdict: str, rows: int = 300, **more: Any) -> SeriesResult:
    """A result with two confirmations of 20 replicas each."""
    excess, diverged = more.get("excess", 1.0), more.get("diverged", 0)
    shared = {"excess": excess, "excess_interval": more.get("excess_interval"), "replicas": 20}
    confirmation = [
        {**shared, "model": "linear", "diverged": diverged},
        {**shared, "model": "tanh", "diverged": 0},
    ]
    sweep = {"verdict": verdict, "reason": "made up", "confirmation": confirmation, "baselines": {"linear": 0.5}}
    truth = Truth(0.5 * (1 - gain), 0.5)
    code = {"commit": "c" * 40, "source": "s"}
    return SeriesResult(number, "made-up", kind, {"a": 1.0}, rows, truth, sweep, more.get("seconds", 10.0), code)
