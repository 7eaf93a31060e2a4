"""The benchmark refuses to time sides that differ, and says truly which targets are met."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.benchmark import command_times, grid
from experiments.benchmark.sides import linrnn
from experiments.benchmark.targets import Target


@pytest.mark.long
def test_sides_that_differ_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "HAS_JAX", False)
    grid.check()
    monkeypatch.setattr(grid, "linrnn", lambda instance: lambda count: 1.01 * linrnn(instance)(count))
    with pytest.raises(RuntimeError, match="another loss"):
        grid.check()


def test_targets_are_met_on_their_side() -> None:
    assert Target("speed", 2, 2.5).is_met
    assert not Target("speed", 2, 1.5).is_met
    assert Target("time", 2, 1.5, most=True).is_met


def test_commands_are_timed_to_their_first_trial_and_to_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "experiments.py").write_text(
        "import sys, time\nprint('0 of 4 trials; sine', file=sys.stderr)\ntime.sleep(0.3)\n"
        "print('1 of 4 trials; sine', file=sys.stderr, flush=True)\ntime.sleep(0.3)\nsys.exit('--bad' in sys.argv)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    times = command_times.time_command(["sine"], tmp_path)
    assert 0.3 < times.first_trial < times.total - 0.25
    with pytest.raises(RuntimeError, match="exit code 1"):
        command_times.time_command(["sine", "--bad", "more"], tmp_path)
