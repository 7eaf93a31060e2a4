"""Sweeps as JSON, CSV and Markdown.

The object that `linrnn sweep --json`, `linrnn compare --json` and `linrnn suite --json` print, schema 2:

    schema              2
    sweeps[]
      task, question, sweep_run, seconds, verdict, conclusion (a sentence), reason (numbers), conditions, failures[],
      omissions[] (what is wrong with the trials that are left out), notes[]
      step_means        null, or record and interval: consecutive test steps that one value averages, at most, of the
                        recorded step losses, and of those that the intervals resample
      gains             {linear predictor: [value, low, high]}: relative gain of the best nonlinear network over it
      place             readout, some units, recurrence or gates: the simplest place of the nonlinearity that is enough;
                        null where the model types do not tell
      places[]          place, part (in words), model (the best one of the place), test_loss, gain (of the best model
                        type over it: [value, low, high]), is_enough (null if that is open)
      data_share        part of the uncertainty of the gain that comes from the finite test split, or null
      search_space      {setting: [low, high], or its words} of the settings that were searched
      studies[]         model, trials, pruned, diverged, failed, best_run, objective, best_val_loss, one key for each
                        setting that can be searched (hidden_size, learning_rate), parameters, seconds
      confirmation[]    model, run_id, replicas, diverged, median_test_loss, rmse, mae, output_losses[], iqr,
                        quartiles[2], interval[2], excess and excess_interval[2] (null where the linear baseline is 0),
                        closed_gap, too_few_replicas, residual_tests (null, or as nonlinearity), linear_comparison
                        (null, or ratio, interval[2], diebold_mariano_p (null with too few test steps), superiority)
      baselines         naive, linear, linear_lags (of least squares), nonlinear, naive_method, linear_method (in
                        words), candidates[] (name, val, test: of the linear predictors), intervals (null, or
                        {naive, linear, nonlinear: [low, high]}), rmse and mae (null, or naive, linear, nonlinear)
      bounds            analytic, noise; null if not known
      order             of `linrnn suite` alone: units that the linear network reduces to, or null
      nonlinearity      null, or tests[] (name, null, statistic, p, adjusted_p, about, targets), effect, detection_ratio

`objective` is what a study minimizes: the upper quartile over replicas of each one's lowest validation loss, or their
median (`best_val_loss`) in sweeps of schema 2 or older. Losses are normalized; `rmse` and `mae` are in the data's own
unit, and null without one. A number that is not finite is null. Schema 1 had one object `floors` in place of
`baselines` and `bounds`, and `beside_linear` for `linear_comparison`, `gap_closed` for `closed_gap`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.report.comparison_table import baselines_text, comparison_table
from experiments.report.nonlinearity_text import nonlinearity_json, nonlinearity_sentence
from experiments.report.residual_text import residual_sentences
from experiments.report.summary import ConfirmationSummary, StudySummary, SweepSummary
from experiments.report.table import Table
from experiments.search.search_space import short_names
from linrnn.analysis.statistics import Estimate, SampleComparison
from linrnn.analysis.verdict_place import PlaceComparison
from linrnn.baseline.baselines import Baselines


def sweeps_json(summaries: Sequence[SweepSummary]) -> dict[str, Any]:
    """Return sweeps as the object that `--json` prints, without the version of its schema."""
    return {"sweeps": [sweep_json(summary) for summary in summaries]}


def sweep_json(summary: SweepSummary) -> dict[str, Any]:
    """Return one sweep of that object."""
    names = short_names(summary.settings)
    return {
        "task": summary.task,
        "sweep_run": summary.sweep_run,
        "seconds": summary.seconds,
        "search_space": {short: list(summary.ranges[name]) for name, short in names.items() if name in summary.ranges},
        "studies": [study_json(study, names) for study in summary.studies],
        "confirmation": [confirmation_json(confirmation) for confirmation in summary.confirmations],
        "failures": list(summary.failures),
        "omissions": list(summary.omissions),
        **baselines_json(summary.baselines, summary.baseline_intervals),
        "verdict": summary.verdict.word,
        "conclusion": summary.verdict.conclusion,
        "reason": summary.verdict.reason,
        "gains": {name: [finite(value) for value in gain] for name, gain in summary.verdict.gains.items()},
        "place": summary.verdict.place,
        "places": [place_json(each) for each in summary.verdict.places],
        "data_share": finite(summary.verdict.data_share),
        "conditions": summary.conditions,
        "question": summary.question,
        "notes": list(summary.notes),
        "step_means": summary.step_means and summary.step_means._asdict(),
        "nonlinearity": nonlinearity_json(tests) if (tests := summary.nonlinearity_tests) else None,
    }


def place_json(comparison: PlaceComparison) -> dict[str, Any]:
    """Return what the best model type of one place of the nonlinearity reaches."""
    return {
        "place": comparison.place,
        "part": comparison.part,
        "model": comparison.model,
        "test_loss": finite(comparison.loss.value),
        "gain": [finite(value) for value in comparison.gain],
        "is_enough": comparison.is_enough,
    }


def study_json(study: StudySummary, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one study of that object; `names` are the short names of the settings."""
    return {
        "model": study.model,
        "trials": study.trials,
        "pruned": study.pruned,
        "diverged": study.diverged,
        "failed": study.failed,
        "best_run": study.best_run,
        "objective": study.objective,
        "best_val_loss": study.best_val_loss,
        **{short: study.settings.get(name) for name, short in names.items()},
        "parameters": study.parameters,
        "seconds": study.seconds,
    }


def confirmation_json(confirmation: ConfirmationSummary) -> dict[str, Any]:
    """Return one confirmation of that object; `iqr` is the interquartile range of the test loss."""
    first, middle, third = confirmation.quartiles
    comparison, excess = confirmation.linear_comparison, confirmation.excess
    return {
        "model": confirmation.model,
        "run_id": confirmation.run_id,
        "replicas": len(confirmation.test_loss),
        "diverged": confirmation.diverged,
        "median_test_loss": finite(middle),
        "rmse": finite(confirmation.rmse),
        "mae": finite(confirmation.mae),
        "output_losses": list(confirmation.output_losses),
        "iqr": finite(third - first),
        "quartiles": [finite(first), finite(third)],
        "interval": interval(confirmation.median),
        "excess": finite(excess.value) if excess else None,
        "excess_interval": interval(excess) if excess else None,
        "closed_gap": finite(confirmation.closed_gap),
        "too_few_replicas": confirmation.too_few_replicas,
        "residual_tests": nonlinearity_json(tests) if (tests := confirmation.residual_tests) else None,
        "linear_comparison": None if comparison is None else sample_comparison_json(comparison),
    }


def sample_comparison_json(comparison: SampleComparison) -> dict[str, Any]:
    """Return a comparison of test losses with those of linear: ratio of medians, p-value, superiority."""
    return {
        "ratio": finite(comparison.ratio.value),
        "interval": interval(comparison.ratio),
        "diebold_mariano_p": finite(comparison.p),
        "superiority": comparison.superiority,
    }


def interval(estimate: Estimate) -> list[float | None]:
    """Return both ends of an interval."""
    return [finite(estimate.low), finite(estimate.high)]


def baselines_json(baselines: Baselines, intervals: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    """Return a task's baselines, with their intervals by name, and bounds, as `linrnn baselines --json` prints them."""
    return {
        "baselines": {
            "naive": baselines.naive,
            "linear": baselines.linear,
            "linear_lags": baselines.linear_lags,
            "nonlinear": baselines.nonlinear,
            "naive_method": baselines.naive_method,
            "linear_method": baselines.linear_method,
            "candidates": [each._asdict() for each in baselines.candidates],
            "intervals": {name: interval(each) for name, each in intervals.items()} or None,
            "rmse": baselines.rmse or None,
            "mae": baselines.mae or None,
        },
        "bounds": {"analytic": baselines.analytic, "noise": baselines.noise},
    }


def finite(value: float | None) -> float | None:
    """Return the value; None if it is missing or not finite, for which JSON has no number."""
    return value if value is not None and math.isfinite(value) else None


ERRORS = ("rmse", "mae")  # in the data's own unit
CONFIRMATION_COLUMNS = (
    "run_id",
    "replicas",
    "diverged",
    "median_test_loss",
    "rmse",
    "mae",
    "iqr",
    "excess",
    "closed_gap",
    "too_few_replicas",
)
NO_INTERVAL = (None, None)
ENDS = ("low", "high")


def sweeps_table(summaries: Sequence[SweepSummary]) -> Table:
    """Return the same numbers as a table that has a row for each sweep and model type."""
    rows = [row for summary in summaries for row in flat_rows(summary)]
    header = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(header, [tuple(row.get(name) for name in header) for row in rows])


def flat_rows(summary: SweepSummary) -> Iterator[dict[str, Any]]:
    """Yield one flat object for each model type, with the same keys for all of them."""
    confirmations = {each.model: confirmation_json(each) for each in summary.confirmations}
    references = baselines_json(summary.baselines, summary.baseline_intervals)
    intervals = references["baselines"].pop("intervals") or {}
    shared = {
        "sweep_run": summary.sweep_run,
        "verdict": summary.verdict.word,
        "place": summary.verdict.place,
        "conclusion": summary.verdict.conclusion,
        "reason": summary.verdict.reason,
        "conditions": summary.conditions,
        "failures": "; ".join(summary.failures),
        **{f"baseline_{name}": value for name, value in references["baselines"].items() if name not in ERRORS},
        **{
            f"baseline_{name}_interval_{end}": intervals.get(name, NO_INTERVAL)[k]
            for name in ("naive", "linear", "nonlinear")
            for k, end in enumerate(ENDS)
        },
        **{
            f"baseline_{name}_{error}": (references["baselines"][error] or {}).get(name)
            for error in ERRORS
            for name in ("naive", "linear", "nonlinear")
        },
        **{f"bound_{name}": value for name, value in references["bounds"].items()},
    }
    names = short_names(summary.settings)
    for study in summary.studies:
        confirmation = flat_confirmation(confirmations.get(study.model, {}))
        yield {"task": summary.task, **study_json(study, names), **confirmation, **shared}


def flat_confirmation(confirmation: Mapping[str, Any]) -> dict[str, Any]:
    """Return a confirmation as a flat object; None for each value that it lacks."""
    comparison = confirmation.get("linear_comparison") or {}
    intervals = {
        "confirmation_quartile": confirmation.get("quartiles"),
        "confirmation_interval": confirmation.get("interval"),
        "confirmation_excess": confirmation.get("excess_interval"),
        "linear_comparison_ratio": comparison.get("interval"),
    }
    ends = {f"{name}_{end}": (pair or NO_INTERVAL)[k] for name, pair in intervals.items() for k, end in enumerate(ENDS)}
    return {
        **{f"confirmation_{name}": confirmation.get(name) for name in CONFIRMATION_COLUMNS},
        **{f"linear_comparison_{name}": comparison.get(name) for name in ("ratio", "diebold_mariano_p", "superiority")},
        **ends,
    }


def sweep_markdown(summary: SweepSummary) -> str:
    """Write the description of a sweep's run in Markdown."""
    table = comparison_table(summary)
    lines = [
        f"**{summary.task}: {summary.verdict.headline}.** {summary.verdict.conclusion or summary.verdict.reason}.",
        "",
        f"{summary.question}.",
        "",
        f"Conditions: {summary.conditions}. Searched: {summary.search_space}.",
        "",
        "Each model type has a study of the same number of trials. Its best config was then trained again on fresh "
        "seeds (the confirmation). A loss of 1 is the best constant predictor's.",
        "",
        f"| {' | '.join(table.header)} |",
        f"|{'---|' * len(table.header)}",
        *(f"| {' | '.join(row)} |" for row in table.rows),
        "",
        *(f"Failed trial: {failure}.\n" for failure in summary.failures),
        *(f"Left out: {omission}.\n" for omission in summary.omissions),
        f"The numbers behind the verdict: {summary.verdict.details}",
        "",
        f"Baselines and bounds: {baselines_text(summary.baselines)}.",
        "",
        *(
            [nonlinearity_sentence(summary.nonlinearity_tests, summary.verdict), ""]
            if summary.nonlinearity_tests
            else []
        ),
        *(f"{sentence[0].upper()}{sentence[1:]}.\n" for sentence in residual_sentences(summary.confirmations)),
        *(f"Data: {note}.\n" for note in summary.notes),
        "Figures, tables and a report (one HTML file) are among the artifacts.",
    ]
    commands = reproduce_commands(summary)
    if commands:
        lines += ["", "Commands that reproduce the best trials, in the folder of this store:", "", "```"]
        lines += [*commands, "```"]
    return "\n".join(lines)


def reproduce_commands(summary: SweepSummary) -> list[str]:
    """Return the commands that reproduce each study's best trial and its confirmation."""
    best = [f"linrnn reproduce {study.best_run}  # best {study.model}" for study in summary.studies if study.best_run]
    return best + [f"linrnn reproduce {each.run_id}  # {each.model} confirmation" for each in summary.confirmations]
