"""Memory of commands is that of their processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.benchmark.resource_demand import measure_command, write_series


@pytest.mark.long
def test_the_memory_of_a_command_is_measured(tmp_path: Path) -> None:
    """A series of more rows takes more memory to be tested; the pages of one process are at most those resident."""
    write_series(tmp_path / "short.csv", 200)
    command, seconds, largest, total = measure_command(("test", "short.csv"), tmp_path)
    assert command == "linrnn test short.csv"
    assert seconds > 0.1
    assert 0.05 < total <= largest < 1


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"linrnn test none\.csv ended with exit code 5"):
        measure_command(("test", "none.csv"), tmp_path)
