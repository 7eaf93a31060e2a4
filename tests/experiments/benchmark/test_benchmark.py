"""The benchmark refuses to time sides that differ, and says truly which targets are met."""

from __future__ import annotations

import pytest

from experiments.benchmark import grid
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
