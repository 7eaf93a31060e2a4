"""What a run means that does not name a setting: it was written before there was the setting.

Runs name all settings that there are when they are written, so that their meaning does not depend on a present default.
A new setting gets one line here where its default, or that of a task, differs from what the code did before.
"""

from __future__ import annotations

from collections.abc import Mapping

from linrnn.training.trial_config import TrialConfig, from_text

LEGACY_VALUES: Mapping[str, str] = {
    "task.test_sequences": "0",  # as many as in each of the other splits
    "task.validation": "0.2",  # of digits
    "training.window": "0",  # arma and oscillator have windows now
    "training.weight_decay": "0.0",
    "training.input_noise": "0.0",  # digits and co2 have noise now
    "task.sheet": "[first]",  # the first sheet of a workbook that is not empty, without an error where there are others
}


def parse_params(params: Mapping[str, str]) -> TrialConfig:
    """Return the trial config that the params of a trial's run mean; raise ConfigError where they are those of none."""
    return from_text(params, LEGACY_VALUES)
