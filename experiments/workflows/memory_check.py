"""Sweeps and trials that do not fit into memory are refused before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.search.optuna_adapter import apply_params
from experiments.search.sweep_config import Sweep, SweepConfig
from linrnn.config.settings import Integers
from linrnn.data.sequences import Splits
from linrnn.errors import ConfigError
from linrnn.training.trial_config import TrialConfig

LEAST_STEPS = 100_000  # of all sequences together, for which it is worth to load torch in this process


def require_memory(sweeps: Sequence[Sweep], workers: int) -> None:
    """Raise ConfigError for a sweep whose largest trials do not fit into the free memory, that many at a time."""
    for sweep in sweeps:
        for config in largest_configs(sweep.config):
            require_trial_memory(config, sweep.data.splits, workers)


def require_trial_memory(config: TrialConfig, splits: Splits, workers: int = 1) -> None:
    """Raise ConfigError for a trial that does not fit into the free memory, that many at a time."""
    steps = sum(part.inputs.shape[0] * part.inputs.shape[1] for part in splits)
    if steps < LEAST_STEPS or config.training.device != "cpu":
        return
    import psutil

    from linrnn.training.memory_demand import training_bytes

    needed, free = workers * training_bytes(config, splits), psutil.virtual_memory().available
    if needed > free:
        several, advice = (f" for {workers} at a time", "fewer --workers, ") if workers > 1 else ("", "")
        raise ConfigError(
            f"{config.task.label}: {config.model.name} networks of {config.model.hidden_size} units need "
            f"{needed / 1e9:.1f} GB{several}, and {free / 1e9:.1f} GB are free: use {advice}a smaller "
            "model.hidden_size or fewer rows"
        )


def largest_configs(config: SweepConfig) -> Iterator[TrialConfig]:
    """Yield, for each model type, the config of the largest network that its study can ask for."""
    for base in config.bases:
        sizes = {
            name: domain.search[1]
            for name, domain in config.space(base).items()
            if isinstance(domain, Integers) and domain.search
        }
        yield apply_params(base, sizes)
