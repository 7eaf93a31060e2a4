"""What is shown of the progress: more with -v, in lines and above a bar."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from experiments.cli.progress_bar import BarProgress, TextProgress


@pytest.mark.parametrize("display", [TextProgress, BarProgress])
@pytest.mark.parametrize("verbose", [True, False])
def test_verbose_progress_has_a_line_on_each_unit(display: type[TextProgress | BarProgress], verbose: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=display is BarProgress, width=100)
    with display(console, 40, "trials", verbose) as progress:
        for number in range(40):
            progress.advance("linear", 0.5, "sine", details=f"sine [b]: linear {number:02d}: complete")
    lines = [line for line in text.getvalue().splitlines() if line.endswith(": complete")]
    assert len(lines) == (40 if verbose else 0)
    assert all("sine [b]: linear" in line for line in lines)
