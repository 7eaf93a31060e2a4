"""The published figures measured again: least squares in closed form, then sweeps of networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from experiments.publications.datasets import INNER, DataFolder
from experiments.publications.figure_table import FigureRow, to_error
from experiments.publications.least_squares import fit_lags, measure_lags
from experiments.publications.literature_figures import ETT_FIGURES, SILVERBOX_FIGURES, LiteratureFigure
from experiments.publications.network_errors import ReplicaLosses, measure_networks
from experiments.report.summary import SweepSummary
from experiments.search.sweep_config import Sweep, prepare_sweep
from linrnn.data.sequences import Sequences, Splits
from linrnn.training.trial_config import from_text
from tracking.store.access import Store

MODELS = ("linear", "tanh")
SWEPT_STEPS = (96, 336)  # of ETTh1, for which networks are trained
ETT_LAGS, SILVERBOX_LAGS = 335, 100  # past inputs beside the present one
RELATIVES = {"values": "no", "relative to the last": "last"}  # name of a fit -> task.relative
ETT_BUDGET = {  # 5 ms an epoch and replica with 96 outputs, 18 ms with 336
    "task.washout": "100",
    "training.window": "572",
    "model.hidden_size": "16",
    "sweep.trials": "8",
    "sweep.confirmation": "10",
    "training.replicas": "3",
    "training.epochs": "1000",
}
SILVERBOX_BUDGET = {  # 7 ms an epoch and replica: an epoch is one update on 50 windows
    "training.window": "974",
    "model.hidden_size": "16",
    "sweep.trials": "6",
    "sweep.confirmation": "10",
    "training.replicas": "2",
    "training.epochs": "5000",
}
QUICK_BUDGET = {
    "sweep.trials": "1",
    "sweep.confirmation": "2",
    "training.replicas": "1",
    "training.epochs": "2",
}
QUICK_ETT_ROWS, QUICK_SILVERBOX_ROWS = "1440,1920,2400", "6000,8000"  # baselines of all rows take minutes


def list_sweeps(folder: DataFolder, quick: bool) -> list[Sweep]:
    """Return the sweeps of ETTh1, by the steps of SWEPT_STEPS, and of Silverbox."""
    texts = [{**folder.ett_text(steps), **ETT_BUDGET} for steps in SWEPT_STEPS]
    texts.append({**folder.silverbox_text(), **SILVERBOX_BUDGET})
    if quick:
        rows = *[QUICK_ETT_ROWS] * len(SWEPT_STEPS), QUICK_SILVERBOX_ROWS
        texts = [{**text, **QUICK_BUDGET, "task.split": each} for text, each in zip(texts, rows, strict=True)]
    return [prepare_text(text) for text in texts]


def prepare_text(text: Mapping[str, str]) -> Sweep:
    """Return the sweep of a flat text, which names its file."""
    settings = {name: value for name, value in text.items() if name not in ("task", "task.file")}
    return prepare_sweep(text["task.file"], MODELS, settings)


def ett_rows(folder: DataFolder, store: Store | None, summaries: Sequence[SweepSummary]) -> Iterator[FigureRow]:
    """Yield a row for each number of steps of ETTh1, with networks where there is a sweep of so many."""
    sweeps = dict(zip(SWEPT_STEPS, summaries, strict=False))
    for steps, figure in ETT_FIGURES.items():
        splits = {name: load_splits(folder.ett_text(steps, word)) for name, word in RELATIVES.items()}
        errors = {
            name: to_error(measure_lags(fit_lags(each.train, ETT_LAGS), ETT_LAGS, each.test), each.test, figure)
            for name, each in splits.items()
        }
        if store is None or steps not in sweeps:
            yield FigureRow(figure, errors)
            continue
        test = splits["relative to the last"].test
        losses = measure_networks(store, sweeps[steps], [test])
        yield FigureRow(figure, errors, network_errors(losses, 0, test, figure), sweeps[steps].verdict.word)


def silverbox_rows(folder: DataFolder, store: Store | None, summaries: Sequence[SweepSummary]) -> Iterator[FigureRow]:
    """Yield a row for each test record of Silverbox, with networks where there is a sweep."""
    data, arrow = (load_splits(folder.silverbox_text(test)) for test in ("multisine", "arrow"))
    records = [data.test, arrow.test, cut_sequences(arrow.test, INNER)]
    fit = data.val._replace(first=data.train.first)  # rows of train and val, as published
    kernel = fit_lags(fit, SILVERBOX_LAGS)
    losses = measure_networks(store, summaries[-1], records) if store is not None and summaries else {}
    for k, (figure, record) in enumerate(zip(SILVERBOX_FIGURES.values(), records, strict=True)):
        error = to_error(measure_lags(kernel, SILVERBOX_LAGS, record), record, figure)
        verdict = summaries[-1].verdict.word if summaries and k == 0 else None  # which is of the multisine
        yield FigureRow(figure, {"FIR": error}, network_errors(losses, k, record, figure), verdict)


def load_splits(text: Mapping[str, str]) -> Splits:
    """Return the sequences of a task's flat text."""
    return from_text({**text, "model": "linear"}).task.splits()


def cut_sequences(sequences: Sequences, steps: int) -> Sequences:
    """Return the first steps of sequences."""
    return sequences._replace(inputs=sequences.inputs[:steps], targets=sequences.targets[:steps])


def network_errors(
    losses: Mapping[str, Sequence[ReplicaLosses]], k: int, record: Sequences, figure: LiteratureFigure
) -> dict[str, ReplicaLosses]:
    """Return the errors on test record k by model type, in the measure of the publication."""
    return {
        model: ReplicaLosses(*(to_error(loss, record, figure) for loss in each[k])) for model, each in losses.items()
    }
