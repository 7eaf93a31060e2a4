"""Linear and nonlinear recurrent networks on tasks: data, training, baselines and analysis.

Names are imported on first use; `import linrnn` alone loads nothing else. Tasks by name are in `linrnn.TASKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from linrnn.baseline.baselines import Baselines as Baselines
    from linrnn.baseline.baselines import compute_baselines as baselines
    from linrnn.models.network import LinearRNN as LinearRNN
    from linrnn.models.network import TanhRNN as TanhRNN
    from linrnn.tasks import TASKS as TASKS
    from linrnn.tasks.memory_series import make_series as Series  # noqa: N812
    from linrnn.training.loop import train as train
    from linrnn.training.trial_config import TrialConfig as TrialConfig

__all__ = ["TASKS", "Baselines", "LinearRNN", "Series", "TanhRNN", "TrialConfig", "baselines", "train"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "TASKS": "linrnn.tasks:TASKS",
        "Baselines": "linrnn.baseline.baselines:Baselines",
        "LinearRNN": "linrnn.models.network:LinearRNN",
        "Series": "linrnn.tasks.memory_series:make_series",
        "TanhRNN": "linrnn.models.network:TanhRNN",
        "TrialConfig": "linrnn.training.trial_config:TrialConfig",
        "baselines": "linrnn.baseline.baselines:compute_baselines",
        "train": "linrnn.training.loop:train",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
