"""Links into the MLflow UI. Without `workflowType`, the UI opens in a mode that shows none of these runs."""

from __future__ import annotations

from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.views import CHARTS, PREFIX, TRIALS, VERDICTS, view_address
from tracking.schema import SWEEPS
from tracking.store.access import Store
from tracking.store.server_address import strip_login

LOOPBACK = "http://127.0.0.1:5000"  # the address of `linrnn ui` by default


def base_url(store: Store) -> str:
    """Return the address of the store's UI: its server, or `linrnn ui` for a folder."""
    return strip_login(store.tracking_uri).rstrip("/") if store.tracking_uri.startswith("http") else LOOPBACK


def charts_link(base: str, experiment_id: str) -> str:
    """Return the link to the charts of all runs of an experiment, of all model types."""
    return table_link(base, experiment_id, CHARTS)


def table_link(base: str, experiment_id: str, view: str = TRIALS) -> str:
    """Return the link to the runs of an experiment in a saved view; by default the table of trials, best first."""
    return f"{base}/{view_address(experiment_id, view)}"


def run_link(base: str, experiment_id: str, run_id: str) -> str:
    """Return the link to the page of one run."""
    return f"{base}/#/experiments/{experiment_id}/runs/{run_id}?workflowType=machine_learning"


def all_links(store: Store, base: str) -> dict[str, str]:
    """Return name -> charts of every experiment that holds trials, and last the table of the sweeps.

    Experiments of an earlier version get the views that they lack.
    """
    tags = {each.name: each.tags for each in store.client.search_experiments()}
    tasks = sorted(name for name in tags if PREFIX + TRIALS in tags[name])
    links = {name: charts_link(base, experiment_id(store, name)) for name in tasks}
    if SWEEPS in tags:
        links[SWEEPS] = table_link(base, experiment_id(store, SWEEPS), VERDICTS)
    return links
