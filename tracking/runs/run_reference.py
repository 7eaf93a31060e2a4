"""What a user writes for a run: its id, the first characters of that, or a name that tables print.

1b5e64                       the run whose id begins so
sales.csv sweep, sales.csv   the newest sweep of a task
sales.csv linear 03          the newest run of this name; the task may be left out where one task has such a run
"""

from __future__ import annotations

from collections.abc import Iterator
from string import digits

from linrnn.errors import ConfigError
from tracking.run_views import SweepRun, TrialRun, to_linrnn_run
from tracking.store.access import Store
from tracking.store.run_search import RunFilter

HEXADECIMAL = frozenset(digits + "abcdef")
FORBIDDEN = frozenset("'\"\\`")  # in the name of a run
MOST_NAMES = 4  # in a message
SHORT = 8  # characters of an id in tables and commands


def find_run(store: Store, reference: str) -> TrialRun | SweepRun:
    """Return the run that a reference means.

    Parameters
    ----------
    store : Store
        The store to look in.
    reference : str
        The id of the run or its first characters; or its name or the first words of that, after the name of its task
        where several tasks have such a run. Of several runs of one name and task, the newest is meant.

    Raises
    ------
    ConfigError
        If there is no such run, or more than one.
    """
    view = (find_by_id(store, reference) if set(reference) <= HEXADECIMAL else None) or find_by_name(store, reference)
    if view is None:
        raise ConfigError(f"no run {reference!r} in the store {store.name}: linrnn list shows ids and names")
    _ = view.version  # raises for a newer one
    return view


def find_by_id(store: Store, prefix: str) -> TrialRun | SweepRun | None:
    """Return the run whose id begins so, or None; raise ConfigError for more than one, or another program's."""
    runs = list(search(store, RunFilter(prefix=prefix))) if prefix else []
    if len(runs) > 1:
        some = ", ".join(run_id[: len(prefix) + 4] for run_id, _ in runs[:MOST_NAMES])
        raise ConfigError(f"more than one run id begins with {prefix!r}: {some}, ...; type more of the id")
    if runs and runs[0][1] is None:
        raise ConfigError(f"run {prefix!r} is not one of linrnn's: linrnn list shows those")
    return runs[0][1] if runs else None


def find_by_name(store: Store, reference: str) -> TrialRun | SweepRun | None:
    """Return the newest run of a name, or None; raise ConfigError where runs of several names are meant."""
    if not reference.strip() or FORBIDDEN & set(reference):
        return None
    with store.read_errors():
        tasks = store.runs.experiments()
    ends = {task: reference.removeprefix(f"{task} ") for task in tasks if reference.startswith(f"{task} ")}
    found = {
        (view.experiment_id, view.short_name): view
        for task, name in [("", reference), *ends.items()]
        for _, view in search(store, RunFilter(name=name), tasks[task] if task else None)
        if view and f"{view.name} ".startswith(f"{name} ")
    }
    if len(found) > 1:
        titles = {number: task for task, number in tasks.items()}
        names = ", ".join(f"{titles[number]} {name}"[:40] for number, name in list(found)[:MOST_NAMES])
        raise ConfigError(f"{reference!r} may be one of {len(found)} runs: {names}, ...; write more of it, or its id")
    return next(iter(found.values()), None)


def search(
    store: Store, condition: RunFilter, experiment: str | None = None
) -> Iterator[tuple[str, TrialRun | SweepRun | None]]:
    """Yield id and view of the runs that fulfill a condition, of one experiment or of all; None for other programs'."""
    with store.read_errors():
        numbers = [experiment] if experiment else [*store.runs.experiments().values()]
        for run in store.runs.find(numbers, condition):
            yield run.info.run_id, to_linrnn_run(run)
