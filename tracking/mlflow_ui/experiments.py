"""MLflow experiments: one per task, and `sweeps`; each with its saved views and its description."""

from __future__ import annotations

from tracking.mlflow_ui.descriptions import sweeps_experiment_tags, task_experiment_tags
from tracking.schema import SWEEPS
from tracking.store.access import Store
from tracking.store.disk import to_file_name
from tracking.store.urls import file_url


def experiment_id(store: Store, name: str) -> str:
    """Return the id of an MLflow experiment; create the experiment, its views and its description where needed."""
    if name not in store.experiment_ids:
        store.experiment_ids[name] = create_or_update(store, name)
    return store.experiment_ids[name]


def create_or_update(store: Store, name: str) -> str:
    """Make sure that the experiment exists and has all its tags; return its id."""
    experiment = store.client.get_experiment_by_name(name)
    if experiment is None:
        location = file_url(store.folder / "mlruns" / to_file_name(name)) if store.is_local else None
        number, tags = store.client.create_experiment(name, artifact_location=location), {}
    else:
        number, tags = str(experiment.experiment_id), experiment.tags
    needed = sweeps_experiment_tags(number) if name == SWEEPS else task_experiment_tags(name, number)
    for tag in needed.keys() - tags.keys():
        store.client.set_experiment_tag(number, tag, needed[tag])
    return number
