"""The workflow of `linrnn claims`: evidence, measurements, record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from experiments.claims.catalog import CLAIMS
from experiments.claims.claim import FULL, Budget, ClaimResult
from experiments.claims.claims_page import format_claims_table
from experiments.claims.evidence import Workers, collect_evidence
from experiments.report.html import figure_files
from experiments.workflows.progress import ProgressReporter
from linrnn.training.trial_config import TrialConfig
from tracking.runs.claims_record import claims_run, read_claims, write_claims
from tracking.store.access import Store


def measure_claims(
    ids: Sequence[str], store: Store, workers: Workers, progress: ProgressReporter, budget: Budget = FULL
) -> list[ClaimResult]:
    """Measure claims, and record their verdicts in the run of the claims.

    Parameters
    ----------
    ids : sequence of str
        Ids of the claims.
    store : Store
        Where the evidence is recorded; trials that it holds already are not trained again.
    workers : callable
        Starts workers for a number of trials.
    progress : ProgressReporter
        Advances with each trial.
    budget : Budget
        How much is trained.

    Returns
    -------
    list of ClaimResult
        In the order of the ids.
    """
    trials = {each: CLAIMS[each].trials(budget) for each in ids}
    everything = count_purposes(budget)
    wanted = {config: everything[config] for each in ids for config in trials[each].values()}
    with claims_run(store) as run:
        evidence = collect_evidence(wanted, store, run, workers, progress)
        results = []
        for each in ids:
            items = {label: evidence[config] for label, config in trials[each].items()}
            measurement = CLAIMS[each].measure({label: item.result for label, item in items.items()})
            results.append(
                ClaimResult(CLAIMS[each], measurement, {label: item.run_id for label, item in items.items()})
            )
        content = {**read_claims(store, run), **{each.claim.id: each.to_json() for each in results}}
        content = {each: content[each] for each in CLAIMS if each in content}
        figures = figure_files([each.picture for each in results])
        write_claims(store, run, content, figures, format_claims_table(list(content.values())))
    return results


def count_purposes(budget: Budget) -> dict[TrialConfig, str]:
    """Return every trial of the evidence with the ids of all claims that it is evidence for."""
    purposes: dict[TrialConfig, list[str]] = defaultdict(list)
    for each in CLAIMS:
        for config in dict.fromkeys(CLAIMS[each].trials(budget).values()):
            purposes[config].append(each)
    return {config: ", ".join(letters) for config, letters in purposes.items()}


def count_trials(ids: Sequence[str], budget: Budget) -> int:
    """Return the number of different trials that are evidence for these claims."""
    return len({config for each in ids for config in CLAIMS[each].trials(budget).values()})
