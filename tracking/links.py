"""Links into the MLflow UI. Without `workflowType` it opens in a mode that shows none of our runs."""

from __future__ import annotations

from tracking.store import SWEEPS, Store
from tracking.views import TRIALS

LOOPBACK = "http://127.0.0.1:5000"  # where `linrnn ui` serves unless told otherwise


def base_url(store: Store) -> str:
    """Where the store's UI is: its server, or `linrnn ui` for a folder."""
    return store.tracking_uri.rstrip("/") if store.tracking_uri.startswith("http") else LOOPBACK


def charts(base: str, experiment: str) -> str:
    """The charts of all runs of an experiment, side by side."""
    return f"{base}/#/experiments/{experiment}/runs?workflowType=machine_learning&compareRunsMode=CHART"


def table(base: str, experiment: str, view: str = TRIALS) -> str:
    """The runs of an experiment as a table, in a saved view: the trials, the best first."""
    return f"{base}/#/experiments/{experiment}/runs?workflowType=machine_learning&viewStateShareKey={view}"


def run_page(base: str, experiment: str, run_id: str) -> str:
    """The page of one run."""
    return f"{base}/#/experiments/{experiment}/runs/{run_id}?workflowType=machine_learning"


def all_charts(store: Store, base: str) -> dict[str, str]:
    """Name -> charts of every experiment that holds trials; the sweeps' table of runs last."""
    experiments = {found.name: str(found.experiment_id) for found in store.client.search_experiments()}
    sweeps = experiments.pop(SWEEPS, None)
    experiments.pop("Default", None)
    links = {name: charts(base, experiments[name]) for name in sorted(experiments)}
    return links | ({SWEEPS: charts(base, sweeps).partition("&")[0]} if sweeps else {})
