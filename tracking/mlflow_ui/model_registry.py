"""The best run of each study: its tag, and its weights as a version of a registered model."""

from __future__ import annotations

from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from tracking.store.access import Store

BEST = "best"  # the tag, and the alias
WEIGHTS = "weights"  # the folder of a run that holds safetensors alone
TEXT = (
    "The weights of the best trial of this study, all replicas of it, as safetensors: data alone, nothing of it is "
    "executed. The version says its run; `tracking.load(RUN_ID)` makes a network of it."
)


def mark_best(store: Store, study: str, best: Run, others: list[Run]) -> None:
    """Tag the best run of a study, and no other of its runs; make its weights the version with the alias `best`.

    Every step stands alone, so that it may be cut short and done again. The registered model is called as the study.
    """
    with store.write_errors():
        for run in others:
            if BEST in run.data.tags and run.info.run_id != best.info.run_id:
                store.client.delete_tag(run.info.run_id, BEST)
        store.client.set_tag(best.info.run_id, BEST, "yes")
        store.client.set_registered_model_alias(study, BEST, version_of(store, study, best))


def version_of(store: Store, study: str, run: Run) -> str:
    """The version that holds a run's weights, made if there is none yet."""
    try:
        store.client.get_registered_model(study)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
            raise
        store.client.create_registered_model(study, description=TEXT)
    run_id = run.info.run_id
    quoted = study.replace("'", "''")
    for found in store.client.search_model_versions(f"name = '{quoted}'"):
        if found.run_id == run_id:
            return str(found.version)
    return str(store.client.create_model_version(study, f"{run.info.artifact_uri}/{WEIGHTS}", run_id).version)
