"""MLflow experiments: one per task, and `sweeps`; each with its saved views and its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracking.mlflow_ui.descriptions import CLAIMS_DESCRIPTION, describe_sweeps, describe_task
from tracking.mlflow_ui.views import sweep_views, task_views
from tracking.run_views import check_version
from tracking.schema import CLAIMS, SWEEPS, VERSION, Tag
from tracking.store.access import Store
from tracking.store.disk import to_file_name
from tracking.store.urls import file_url
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from mlflow.entities import Experiment


def experiment_id(store: Store, name: str) -> str:
    """Return the id of an MLflow experiment; create the experiment, its views and its description where needed."""
    if name not in store.experiment_ids:
        store.experiment_ids[name] = create_or_update(store, name)
    return store.experiment_ids[name]


def create_or_update(store: Store, name: str) -> str:
    """Create the experiment, or bring its views up to date; return its id. A description that exists is not changed."""
    experiment = store.client.get_experiment_by_name(name) or create(store, name)
    if experiment.lifecycle_stage == "deleted":
        raise StoreError(f"the experiment {name!r} was deleted in MLflow: linrnn doctor --fix restores it")
    number, tags = str(experiment.experiment_id), experiment.tags
    oldest = check_version(tags.get(Tag.SCHEMA), f"experiment {name!r}")
    for tag, text in {str(Tag.NOTE): describe(name, number), **tags, **views(name, oldest)}.items():
        if tags.get(tag) != text:
            set_tag(store, number, tag, text)
    return number


def create(store: Store, name: str) -> Experiment:
    """Return a new experiment, or that which another process created at the same moment."""
    from mlflow.exceptions import MlflowException

    location = file_url(store.folder / "mlruns" / to_file_name(name)) if store.is_local else None
    try:
        number = store.client.create_experiment(name, location, {str(Tag.SCHEMA): str(VERSION)})
    except MlflowException:
        experiment = store.client.get_experiment_by_name(name)
        if experiment is None:
            raise
        return experiment
    return store.client.get_experiment(number)


def set_tag(store: Store, number: str, tag: str, text: str) -> None:
    """Set a tag of an experiment, which another process may insert at the same moment."""
    from mlflow.exceptions import MlflowException

    try:
        store.client.set_experiment_tag(number, tag, text)
    except MlflowException:
        if store.client.get_experiment(number).tags.get(tag) != text:
            raise


def views(name: str, version: int) -> dict[str, str]:
    """Return the saved views of an experiment as its tags; the claims, one run, have none."""
    if name == CLAIMS:
        return {}
    return sweep_views(version) if name == SWEEPS else task_views(version)


def describe(name: str, number: str) -> str:
    """Return the description of an experiment, by its name and its id."""
    if name == CLAIMS:
        return CLAIMS_DESCRIPTION
    return describe_sweeps(number) if name == SWEEPS else describe_task(name, number)
