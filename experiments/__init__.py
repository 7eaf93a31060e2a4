"""Studies, sweeps and their comparison; the command line, and `compare` for notebooks.

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from experiments.notebook.comparison import compare as compare
    from experiments.notebook.sweep_result import SweepResult as SweepResult

__all__ = ["SweepResult", "compare"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "SweepResult": "experiments.notebook.sweep_result:SweepResult",
        "compare": "experiments.notebook.comparison:compare",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
