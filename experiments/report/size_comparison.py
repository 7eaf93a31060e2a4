"""Comparison of model types at equal size: the best loss with at most so many parameters, or hidden units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from experiments.report.comparison_table import MISSING, number_text
from experiments.report.sweep_record import SearchTrial, SweepRecord
from experiments.report.table import Table
from experiments.search.selection import select_best_trial
from linrnn.models.model import count_parameters

PARAMETERS, HIDDEN_SIZE = "parameters", "hidden-size"
LABELS = {PARAMETERS: "parameters", HIDDEN_SIZE: "hidden size"}  # measures of a network's size
STEPS = (1, 2, 5)  # of each power of 10


class SizeComparison(NamedTuple):
    """The best trials of a sweep with at most a size.

    Parameters
    ----------
    size : int
        Largest number of parameters, or of hidden units.
    trials : mapping of str to SearchTrial
        The best trial of each model type that has one.
    """

    size: int
    trials: Mapping[str, SearchTrial]


def measure_sizes(record: SweepRecord, measure: str) -> dict[str, int]:
    """Return the number of parameters, or of hidden units, of each trial's networks, by the id of its run."""
    models = {trial.run_id: record.build_model(trial) for trial in record.trials}
    if measure == HIDDEN_SIZE:
        return {run_id: model.hidden_size for run_id, model in models.items()}
    return {run_id: count_parameters(model.shapes(*record.sizes)) for run_id, model in models.items()}


def compare_sizes(record: SweepRecord, measure: str = PARAMETERS) -> list[SizeComparison]:
    """Return the best trial of each model type with at most so many parameters or hidden units, by size.

    Sizes are 1, 2 and 5 times powers of 10, from the first that some complete trial has to the one that all have.
    """
    sizes = measure_sizes(record, measure)
    complete = [sizes[trial.run_id] for trial in record.trials if trial.outcome == "complete"]
    comparisons = []
    for size in round_sizes(min(complete), max(complete)) if complete else []:
        small = [trial for trial in record.trials if sizes[trial.run_id] <= size]
        trials = {model: select_best_trial(each for each in small if each.model == model) for model in record.models}
        best = {model: trial for model, trial in trials.items() if trial}
        comparisons.append(SizeComparison(size, best))
    return comparisons


def round_sizes(low: int, high: int) -> list[int]:
    """Return 1, 2 and 5 times powers of 10, from the first that is at least `low` to the first at least `high`."""
    every = [step * 10**power for power in range(len(str(high)) + 1) for step in STEPS]
    last = next(size for size in every if size >= high)
    return [size for size in every if low <= size <= last]


def size_table(record: SweepRecord, measure: str = PARAMETERS) -> Table:
    """Return the table that has a row for each size and a column for each model type, with the best objective."""
    rows = [
        (str(each.size), *(objective_text(each.trials.get(model)) for model in record.models))
        for each in compare_sizes(record, measure)
    ]
    return Table((LABELS[measure], *record.models), rows)


def objective_text(trial: SearchTrial | None) -> str:
    """Write the objective of a trial."""
    return number_text(trial.objective) if trial else MISSING


def sizes_json(record: SweepRecord, measure: str = PARAMETERS) -> dict[str, Any]:
    """Return the same numbers as an object of JSON, with the run of each best trial."""
    sizes = measure_sizes(record, measure)
    return {
        "task": record.task,
        "sweep_run": record.run_id,
        "objective": record.objective_name,
        "by": measure,
        "sizes": [
            {
                "at_most": each.size,
                "best": [
                    {
                        "model": model,
                        "run_id": trial.run_id,
                        "size": sizes[trial.run_id],
                        "objective": trial.objective,
                        "has_diverged": trial.has_diverged,
                    }
                    for model, trial in each.trials.items()
                ],
            }
            for each in compare_sizes(record, measure)
        ],
    }


def sizes_rows(records: Sequence[SweepRecord], measure: str = PARAMETERS) -> Table:
    """Return the same numbers of several sweeps as one table, with a row for each task, size and model type."""
    rows = [
        (sweep["task"], sweep["sweep_run"], each["at_most"], *best.values())
        for sweep in (sizes_json(record, measure) for record in records)
        for each in sweep["sizes"]
        for best in each["best"]
    ]
    size = measure.replace("-", "_")
    return Table(("task", "sweep_run", "at_most", "model", "run_id", size, "objective", "has_diverged"), rows)
