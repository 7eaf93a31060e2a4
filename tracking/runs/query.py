"""Finding runs: by the first characters of an id, of a study, of a sweep, the sweeps themselves."""

from __future__ import annotations

from collections.abc import Sequence
from string import digits

from mlflow.entities import Run

from linrnn.errors import ConfigError
from tracking.store.access import SWEEPS, Store

PAGE = 1000  # runs a request
PARENT = "mlflow.parentRunId"  # the tag that links a trial's run to its sweep's


def find_run(store: Store, prefix: str) -> Run:
    """The run whose id begins so. ConfigError where there is none, or more than one."""
    if not set(prefix) <= set(digits + "abcdef") or not prefix:
        raise ConfigError(f"a run's id is 32 of the characters 0-9 and a-f, or the first few; not {prefix!r}")
    with store.read_errors():
        experiments = [found.experiment_id for found in store.client.search_experiments()]
        found = store.client.search_runs(experiments, f"attributes.run_id LIKE '{prefix}%'", max_results=4)
    if not found:
        raise ConfigError(f"no run {prefix!r} in the store {store.name}")
    if len(found) > 1:
        some = ", ".join(run.info.run_id[: len(prefix) + 4] for run in found)
        raise ConfigError(f"more than one run begins with {prefix!r}: {some}, ...; give more of the id")
    return found[0]


def is_recorded(run: Run) -> bool:
    """Whether a trial's run says all that there is to say; else it was cut short."""
    return (run.info.status, run.data.tags.get("outcome") == "failed") in (("FINISHED", False), ("FAILED", True))


def runs_of_study(store: Store, task: str, study: str) -> list[Run]:
    """All runs of a study's trials, those that were cut short among them."""
    return find_runs(store, task, f"tags.study = '{study}'")


def trials_of(store: Store, sweep_run: Run) -> list[Run]:
    """The recorded trials of a sweep: of each study the first N, by number, then the confirmations."""
    task, count = sweep_run.data.tags["task"], int(sweep_run.data.params["sweep.trials"])
    trials = {
        (study, int(run.data.tags["trial"])): run
        for study in studies_of(sweep_run)
        for run in runs_of_study(store, task, study)
        if is_recorded(run) and int(run.data.tags["trial"]) < count
    }
    confirmations = confirmations_of(store, sweep_run)
    return [trials[key] for key in sorted(trials)] + [run for run in confirmations if is_recorded(run)]


def confirmations_of(store: Store, sweep_run: Run) -> list[Run]:
    """All runs of a sweep's confirmations, those that were cut short among them."""
    query = f"tags.phase = 'confirmation' and tags.`{PARENT}` = '{sweep_run.info.run_id}'"
    return find_runs(store, sweep_run.data.tags["task"], query)


def studies_of(sweep_run: Run) -> list[str]:
    """Names of a sweep's studies, in the order of its model types."""
    return str(sweep_run.data.tags["studies"]).split(", ")


def find_sweeps(store: Store, query: str) -> list[Run]:
    """The sweeps' runs that answer a query, the earliest first; those of a linrnn that knew no floors left out."""
    return [run for run in find_runs(store, SWEEPS, query) if "floors" in run.data.tags]


def last_sweeps(store: Store) -> dict[str, Run]:
    """The newest finished sweep of each task, by its name, or by its file's whole path."""
    finished = find_sweeps(store, "attributes.status = 'FINISHED'")
    return {run.data.params.get("task.file", run.data.tags["task"]): run for run in finished}


def require_sweeps(store: Store, tasks: Sequence[str]) -> list[Run]:
    """The newest finished sweeps of these tasks, of all if none is named. ConfigError where there is none."""
    last = last_sweeps(store)
    missing = [task for task in tasks if task not in last]
    if missing or not last:
        named = " ".join(missing) or "TASK"
        raise ConfigError(f"no finished sweep of {named} in {store.name}; run: linrnn sweep {named}")
    return [last[task] for task in tasks or last]


def newest_run(runs: Sequence[Run]) -> Run:
    """The run that began last."""
    return max(runs, key=lambda run: int(run.info.start_time))


def last_sweep(store: Store, task: str) -> Run | None:
    """That of one task; None where there is none."""
    return last_sweeps(store).get(task)


def find_runs(store: Store, experiment: str, query: str) -> list[Run]:
    """The runs of an experiment, by its name, that answer a query; none where the experiment is not there."""
    with store.read_errors():
        found = store.client.get_experiment_by_name(experiment)
        return search_runs(store, found.experiment_id, query) if found else []


def search_runs(store: Store, experiment: str, query: str) -> list[Run]:
    """All runs that answer a query, the earliest first."""
    runs: list[Run] = []
    token = None
    while True:
        page = store.client.search_runs(
            [experiment], query, max_results=PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        runs.extend(page)
        token = page.token
        if not token:
            return runs
