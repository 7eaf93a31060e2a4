"""The best run of each study: its tag, and its weights as a version of a registered model."""

from __future__ import annotations

from collections.abc import Sequence

from tracking.run_views import TrialRun
from tracking.schema import WEIGHTS, Tag
from tracking.store.access import Store

ALIAS = "best"
DESCRIPTION = (
    "The weights of the best trial of this study, all its replicas, as safetensors: data only, no code is executed. "
    "The version names its run; `tracking.load(RUN_ID)` returns a network."
)


def mark_best(store: Store, study: str, best: TrialRun, others: Sequence[TrialRun]) -> None:
    """Tag the best run of a study, and no other of its runs; make its weights the version with the alias `best`.

    Idempotent. The registered model has the name of the study.
    """
    with store.write_errors():
        for run in others:
            if run.find_tag(Tag.BEST) and run.run_id != best.run_id:
                store.client.delete_tag(run.run_id, str(Tag.BEST))
        store.client.set_tag(best.run_id, str(Tag.BEST), "yes")
        store.client.set_registered_model_alias(study, ALIAS, find_or_create_version(store, study, best))


def find_or_create_version(store: Store, study: str, run: TrialRun) -> str:
    """Return the version that holds a run's weights; create it where needed."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    try:
        store.client.get_registered_model(study)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            raise
        store.client.create_registered_model(study, description=DESCRIPTION)
    name = study.replace("'", "''")
    for version in store.client.search_model_versions(f"name = '{name}'"):
        if version.run_id == run.run_id:
            return str(version.version)
    weights = f"{run.info.artifact_uri}/{WEIGHTS}"
    return str(store.client.create_model_version(study, weights, run.run_id).version)
