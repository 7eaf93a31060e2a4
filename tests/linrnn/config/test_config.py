"""The trial config and its flat text."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from linrnn.config.settings import Choice, Config, Integers, Reals, Text, get_domain, list_settings
from linrnn.errors import ConfigError
from linrnn.models import MODELS
from linrnn.tasks import TASKS
from linrnn.training.trial_config import TrainingConfig, TrialConfig, from_text, to_text
from tracking.runs.artifacts import config_file, parse_config

LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=499)
SINE = {"task": "sine", "model": "linear"}


def values(owner: type[Config]) -> st.SearchStrategy[dict[str, Any]]:
    """Any value of each declared field."""

    def of(domain: object) -> st.SearchStrategy[Any]:
        match domain:
            case Integers(low=int(low), high=int(high)):
                return st.integers(low, high)
            case Reals(low=float(low), high=float(high)):
                return st.floats(low, high)
            case Choice(words=tuple(words)):
                return st.sampled_from(words)
            case Text():
                return LINES.map(lambda line: f"/{line}")  # which may be the path of a file
        raise TypeError(domain)

    return st.fixed_dictionaries({item.name: of(get_domain(item)) for item in list_settings(owner)})


def built(owner: type[Any]) -> st.SearchStrategy[Any]:
    """Any value whose fields go together."""

    def made(fields: dict[str, Any]) -> Any:
        try:
            return owner(**fields)
        except ConfigError:
            reject()

    return values(owner).map(made)


CONFIGS = st.builds(
    lambda task, model, training, own: TrialConfig(task, model, training, **own),
    st.sampled_from(sorted(TASKS)).flatmap(lambda name: built(TASKS[name])),
    st.sampled_from(sorted(MODELS)).flatmap(lambda name: built(MODELS[name])),
    built(TrainingConfig),
    values(TrialConfig),
)


@given(CONFIGS)
def test_text_and_back_is_the_same_config(config: TrialConfig) -> None:
    assert from_text(to_text(config)) == config
    assert hash(from_text(to_text(config))) == hash(config)


@given(st.text(max_size=502))
def test_a_text_is_one_line_that_can_be_stored(text: str) -> None:
    fits = Text().holds(text)
    assert fits == (len(text) <= 500 and len(f"{text}.".splitlines()) == 1 and not any(map(is_control, text)))
    if fits:
        assert parse_config(config_file({"task.column": text})) == {"task.column": text}


def is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


@given(st.floats(1e-8, 10.0))
def test_a_learning_rate_keeps_every_bit(rate: float) -> None:
    config = from_text(SINE | {"training.learning_rate": repr(rate)})
    assert config.training.learning_rate.hex() == rate.hex()
    assert from_text(to_text(config)).training.learning_rate.hex() == rate.hex()


def test_what_the_text_leaves_out_takes_its_default() -> None:
    config = from_text(SINE | {"model.hidden_size": "7"})
    assert config.model.hidden_size == 7
    assert config.training == TrainingConfig()
    assert config.seed == 0


def test_another_computation_is_another_text() -> None:
    config = from_text(SINE)
    other = replace(config, training=replace(config.training, learning_rate=math.nextafter(0.01, 1)))
    assert to_text(other) != to_text(config)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("training.learning_rate", "nan", "not nan"),
        ("training.learning_rate", "0", "from 1e-08 to 10"),
        ("training.learning_rate", "inf", "not inf"),
        ("training.learning_rate", "1_0", "not '1_0'"),
        ("training.learning_rate", "quick", "not 'quick'"),
        ("training.clip_norm", "nan", "inf for none"),
        ("training.epochs", "0", "whole number from 1"),
        ("training.epochs", "1e3", "whole number"),
        ("training.epochs", "10.0", "whole number"),
        ("training.device", "tpu", "one of cpu, cuda"),
        ("model.hidden_size", "0", "whole number"),
        ("model.hidden_size", "-3", "whole number"),
        ("model.hiden_size", "3", "did you mean 'model.hidden_size'?"),
        ("task.delay", "3", "unknown setting"),
        ("seed", "-1", "seed must be"),
        ("task", "sinus", "there are: sine"),
        ("model", "tan", "did you mean 'tanh'?"),
    ],
)
def test_wrong_text_says_what_and_what_else(name: str, text: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_text(SINE | {name: text})
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_cannot_be_made_out_of_its_range_either() -> None:
    with pytest.raises(ConfigError, match=r"training\.replicas"):
        TrainingConfig(replicas=0)
    with pytest.raises(ConfigError, match=r"training\.learning_rate"):
        TrainingConfig(learning_rate=1)  # an int: its text would not be a float's


@pytest.mark.parametrize("table", [TASKS, MODELS], ids=["tasks", "models"])
def test_tables_name_their_entries(table: Any) -> None:
    assert all(table[name].name == name for name in table)
