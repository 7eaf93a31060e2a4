"""Saved views and descriptions of experiments: their names are the schema's, and old experiments get them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tracking.mlflow_ui.descriptions import describe_sweeps, describe_task
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.views import PREFIX, sweep_views, task_views
from tracking.schema import VERSION, Metric, Tag
from tracking.search_settings import common_search_settings
from tracking.store.access import Store


def states(tags: dict[str, str]) -> dict[str, Any]:
    """The state of each view, by its key."""
    return {tag.removeprefix(PREFIX): json.loads(json.loads(text)["state"]) for tag, text in tags.items()}


@pytest.mark.parametrize("version", [1, 2, VERSION])
def test_each_column_is_a_name_of_the_schema(version: int) -> None:
    metrics = {name for metric in Metric for name in metric.names} | set(common_search_settings().values())
    tags = {name for tag in Tag for name in tag.names}
    for state in states({**task_views(version), **sweep_views(version)}).values():
        for column in state["selectedColumns"]:
            kind, name = re.fullmatch(r"(metrics|tags|params)\.`(.+)`", column).groups()  # type: ignore[union-attr]
            assert name in {"metrics": metrics, "tags": tags, "params": {"model", *common_search_settings()}}[kind]


def test_columns_of_old_names_are_in_old_experiments_alone() -> None:
    for version, expected in ((1, True), (VERSION, False)):
        columns = states(sweep_views(version))["verdicts"]["selectedColumns"]
        assert ("metrics.`floor_linear`" in columns) == expected
        assert "metrics.`baseline_linear`" in columns


def test_every_search_setting_has_its_chart_and_its_axis() -> None:
    cards = states(task_views(VERSION))["charts"]["compareRunCharts"]
    (parallel,) = [card for card in cards if card["type"] == "PARALLEL"]
    assert parallel["selectedMetrics"] == [*common_search_settings().values(), "objective"]
    scatters = [card["xaxis"]["key"] for card in cards if card["type"] == "SCATTER"]
    assert scatters == ["log10_hidden_size", "log10_learning_rate"]
    assert len({card["uuid"] for card in cards if not card["deleted"]}) == len(scatters) + 5


@pytest.mark.parametrize(("version", "objective"), [(1, "best_val_loss"), (2, "best_val_loss"), (3, "objective")])
def test_trials_are_ranked_by_what_all_runs_of_an_experiment_have(version: int, objective: str) -> None:
    views = states(task_views(version))
    assert views["trials"]["orderByKey"] == f"metrics.`{objective}`"
    for view in (views["charts"], views["models"]):
        cards = {card["uuid"]: card["deleted"] for card in view["compareRunCharts"]}
        assert not cards[objective]
        assert cards[({"best_val_loss", "objective"} - {objective}).pop()]


def test_an_experiment_gets_views_that_changed_and_keeps_its_description(store: Store) -> None:
    key = f"{PREFIX}charts"
    number = store.client.create_experiment("sine", tags={key: "{}", str(Tag.NOTE): "mine", f"{PREFIX}own": "{}"})
    assert experiment_id(store, "sine") == number
    tags = store.client.get_experiment(number).tags
    assert tags[str(Tag.NOTE)] == "mine"
    assert tags[f"{PREFIX}own"] == "{}"
    assert {tag: tags[tag] for tag in task_views(1)} == task_views(1)  # it may have runs of version 1


def test_a_new_experiment_has_the_version_and_links_in_its_description(store: Store) -> None:
    for name, describe in (("sine", lambda number: describe_task("sine", number)), ("sweeps", describe_sweeps)):
        number = experiment_id(store, name)
        tags = store.client.get_experiment(number).tags
        assert tags["schema"] == str(VERSION)
        assert tags["mlflow.note.content"] == describe(number)
        keys = re.findall(r"viewStateShareKey=(\w+)", tags["mlflow.note.content"])
        assert keys
        assert all(f"{PREFIX}{key}" in tags for key in keys)


def test_what_another_process_creates_at_the_same_moment_is_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is ahead by a step each time: MLflow then raises, as its row is there."""
    create, set_tag, experiments = store.client.create_experiment, store.client.set_experiment_tag, []

    def create_second(*arguments: Any) -> str:
        experiments.append(create(*arguments))
        return create(*arguments)

    def set_second(*arguments: Any) -> None:
        set_tag(*arguments)
        raise MlflowException("UNIQUE constraint failed")

    monkeypatch.setattr(store.client, "create_experiment", create_second)
    monkeypatch.setattr(store.client, "set_experiment_tag", set_second)
    assert [experiment_id(store, "xor")] == experiments
    tags = store.client.get_experiment(experiments[0]).tags
    assert {tag: tags[tag] for tag in task_views(VERSION)} == task_views(VERSION)


def test_an_experiment_that_cannot_be_written_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise MlflowException("no space left")

    for name in ("set_experiment_tag", "create_experiment"):
        monkeypatch.setattr(store.client, name, fail)
        with pytest.raises(MlflowException, match="no space"):
            experiment_id(store, f"parity-{name}")
