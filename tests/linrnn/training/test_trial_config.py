"""The settings that a study searches follow from the declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.config.settings import Integers, Reals, setting
from linrnn.models import MODELS
from linrnn.models.linear import Linear
from linrnn.tasks import TASKS
from linrnn.training.trial_config import TrialConfig, from_text, search_values, to_text


def test_hidden_size_and_learning_rate_of_every_model_type() -> None:
    for model in MODELS:
        config = from_text({"task": "sine", "model": model, "model.hidden_size": "7", "training.learning_rate": "0.5"})
        own = {"model.nonlinear_units": 1} if model == "almost-linear" else {}
        assert search_values(config) == {"model.hidden_size": 7, **own, "training.learning_rate": 0.5}
        assert set(search_values(config)) <= set(to_text(config))


@dataclass(frozen=True)
class Damped(Linear):
    """A model type with one more setting to search, and one that is not searched."""

    name: ClassVar[str] = "damped"

    damping: float = setting(0.1, Reals(0.0, 1.0, search=(0.01, 0.5)), "damping")
    order: int = setting(2, Integers(1, 9), "order")


def test_a_new_setting_with_a_search_range_appears_by_itself() -> None:
    config = TrialConfig(TASKS["sine"](), Damped(damping=0.25))
    assert search_values(config) == {
        "model.hidden_size": 10,
        "model.damping": 0.25,
        "training.learning_rate": 0.01,
    }
