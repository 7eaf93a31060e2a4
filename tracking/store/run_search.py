"""Searches for runs, in a form that both MLflow and a local database answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tracking.run_views import RunRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

PAGE = 1000  # runs per request


class RunFilter(NamedTuple):
    """Conditions on runs, all of which hold.

    Parameters
    ----------
    status : str
        Status in MLflow, such as `FINISHED`; any if empty.
    tags : mapping of str to str
        Tags and their values.
    prefix : str
        First characters of the id.
    name : str
        First characters of the name.
    tag : str
        A tag that the run has, whatever its value.
    """

    status: str = ""
    tags: Mapping[str, str] = {}
    prefix: str = ""
    name: str = ""
    tag: str = ""

    def query(self) -> str:
        """Return the conditions in MLflow's language of filters."""
        status = [f"attributes.status = '{self.status}'"] if self.status else []
        prefix = [f"attributes.run_id LIKE '{self.prefix}%'"] if self.prefix else []
        start = [f"attributes.run_name LIKE '{self.name}%'"] if self.name else []
        tags = [f"tags.`{name}` = '{text}'" for name, text in self.tags.items()]
        presence = [f"tags.`{self.tag}` LIKE '%'"] if self.tag else []
        return " and ".join([*status, *prefix, *start, *tags, *presence])


class RunSearch(Protocol):
    """Where runs are found."""

    def experiments(self, stage: str = "active") -> dict[str, str]:
        """Return the ids of MLflow's experiments by name: of the active ones, or of the `deleted` ones."""

    def find(self, experiment_ids: Sequence[str], condition: RunFilter) -> Iterator[RunRecord]:
        """Yield the runs of some experiments that fulfill a condition, the earliest first."""

    def read(self, run_id: str) -> RunRecord | None:
        """Return a run by its id; None where there is none."""


class ClientSearch:
    """Searches by MLflow's client, for servers.

    Parameters
    ----------
    client : mlflow.MlflowClient
        The client of the server.
    """

    def __init__(self, client: MlflowClient) -> None:
        self.client = client

    def experiments(self, stage: str = "active") -> dict[str, str]:
        """Return the ids of MLflow's experiments by name: of the active ones, or of the `deleted` ones."""
        from mlflow.entities import ViewType

        view = ViewType.ACTIVE_ONLY if stage == "active" else ViewType.DELETED_ONLY
        return {each.name: str(each.experiment_id) for each in self.client.search_experiments(view_type=view)}

    def find(self, experiment_ids: Sequence[str], condition: RunFilter) -> Iterator[RunRecord]:
        """Yield the runs of some experiments that fulfill a condition, the earliest first."""
        token = None
        while experiment_ids:
            page = self.client.search_runs(
                list(experiment_ids),
                condition.query(),
                max_results=PAGE,
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    def read(self, run_id: str) -> RunRecord | None:
        """Return a run by its id; None where there is none."""
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode

        try:
            run: RunRecord = self.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code in map(ErrorCode.Name, (RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE)):
                return None
            raise
        return run
