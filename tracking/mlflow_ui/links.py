"""Links into the MLflow UI. Without `workflowType` it opens in a mode that shows none of our runs."""

from __future__ import annotations

from tracking.mlflow_ui.experiments import experiment_id
from tracking.mlflow_ui.views import CHARTS, PREFIX, TRIALS, VERDICTS, view_address
from tracking.schema import SWEEPS
from tracking.store.access import Store

LOOPBACK = "http://127.0.0.1:5000"  # where `linrnn ui` serves unless told otherwise


def base_url(store: Store) -> str:
    """Where the store's UI is: its server, or `linrnn ui` for a folder."""
    return store.tracking_uri.rstrip("/") if store.tracking_uri.startswith("http") else LOOPBACK


def charts_link(base: str, experiment: str) -> str:
    """The charts of all runs of an experiment, every model type among them."""
    return table_link(base, experiment, CHARTS)


def table_link(base: str, experiment: str, view: str = TRIALS) -> str:
    """The runs of an experiment in a saved view: the trials as a table, the best first."""
    return f"{base}/{view_address(experiment, view)}"


def run_link(base: str, experiment: str, run_id: str) -> str:
    """The page of one run."""
    return f"{base}/#/experiments/{experiment}/runs/{run_id}?workflowType=machine_learning"


def all_links(store: Store, base: str) -> dict[str, str]:
    """Name -> charts of every experiment that holds trials; the sweeps' table of runs last."""
    found = {each.name: each.tags for each in store.client.search_experiments()}
    tasks = sorted(name for name, tags in found.items() if PREFIX + TRIALS in tags)
    links = {
        name: charts_link(base, experiment_id(store, name)) for name in tasks
    }  # which gives them views that they lack
    return links | ({SWEEPS: table_link(base, experiment_id(store, SWEEPS), VERDICTS)} if SWEEPS in found else {})
