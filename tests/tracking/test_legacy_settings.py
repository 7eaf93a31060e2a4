"""A run that does not name a setting means what was computed before there was the setting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linrnn.data.digests import data_digests
from linrnn.tasks import TASKS
from linrnn.training.trial_config import from_text, to_text
from tracking.legacy_settings import LEGACY_VALUES, parse_params

DIGESTS = {  # of train, val and test by 0.1.0, of tasks whose numbers are the same on every processor
    "delay": ["a1f34b41", "c02a63b4", "a920adc8"],
    "xor": ["09c5513c", "f0493048", "82af7c74"],
    "product": ["982dddcb", "11a02867", "0bbaab82"],
    "parity": ["b941525f", "0dfb7024", "fb0be314"],
    "adding": ["77c4c24b", "9c8830e6", "fde0e6ee"],
    "narma10": ["a5edfb92", "68af9c97", "f1142a67"],
    "henon": ["6b2eb9eb", "3c9edf9b", "622539ae"],
    "logistic": ["b3156145", "23c57a3f", "199645c3"],
    "copy": ["f035fef4", "4f8b1fc0", "968da4e3"],
}
OTHER_DATA = {  # as 0.1.0's runs say; larger by default now
    "adding": {"task.length": "10", "task.sequences": "200"},
    "copy": {"task.sequences": "50"},
}


def short_digests(text: dict[str, str]) -> list[str]:
    return [digest[:8] for digest in data_digests(parse_params(text).task.splits()).values()]


@pytest.mark.parametrize("task", DIGESTS)
def test_old_params_mean_the_old_data(task: str) -> None:
    written = to_text(from_text({"task": task, "model": "linear"})) | OTHER_DATA.get(task, {})
    old = {name: text for name, text in written.items() if name not in LEGACY_VALUES}
    assert short_digests(old) == DIGESTS[task]
    assert short_digests(written)[:2] == DIGESTS[task][:2]  # what a study is trained on has not changed


def test_digits_that_do_not_name_it_have_the_larger_validation_split() -> None:
    written = to_text(from_text({"task": "digits", "model": "linear"}))
    del written["task.validation"]
    assert short_digests(written) == ["fc41c727", "da741bd2", "1d7971dc"]


SETTINGS = {  # that a trial's run of 0.1.0 names, beside those of its task
    *("model", "model.hidden_size", "model.init", "model.num_layers", "model.spectral_radius", "seed", "task"),
    *(
        f"training.{name}"
        for name in ("clip_norm", "decay", "device", "epochs", "evaluations", "learning_rate", "replicas")
    ),
}


@pytest.mark.parametrize("task", sorted(TASKS.keys() - {"series"}))
def test_settings_of_a_task_do_not_reach_records_from_before_them(task: str) -> None:
    written = to_text(from_text({"task": task, "model": "linear"}))
    old = {name: text for name, text in written.items() if name in SETTINGS or name.startswith("task.")}
    training = parse_params(old).training
    assert (training.window, training.weight_decay, training.input_noise) == (0, 0.0, 0.0)
    assert replace(training, window=0) == replace(from_text(old).training, window=0, weight_decay=0.0, input_noise=0.0)
    assert {name for name in written if name.startswith("training.")} - SETTINGS <= {
        f"training.{name}" for name in ("window", "weight_decay", "input_noise")
    }, "a new setting of the training belongs into this test"


def test_params_that_name_the_setting_mean_what_they_name() -> None:
    written = to_text(from_text({"task": "henon", "model": "tanh", "task.test_sequences": "5"}))
    assert parse_params(written) == from_text(written)
    assert len(parse_params(written).task.splits().test.inputs[0]) == 5


@pytest.mark.parametrize("task", ["sine", "sunspots", "co2"])
def test_a_task_without_the_setting_is_left_as_it_is(task: str) -> None:
    written = to_text(from_text({"task": task, "model": "linear"}))
    assert parse_params(written) == from_text(written)
