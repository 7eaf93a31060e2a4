"""The result of a sweep: verdict, tables, figures and trained networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import ConfirmationTrial, SearchTrial, SweepRecord, load_sweep
from experiments.search.search_space import short_names
from linrnn.analysis.statistics import median_replica
from linrnn.analysis.verdict import Verdict
from linrnn.errors import ConfigError
from tracking.runs.reader import load, read_sweep
from tracking.schema import Phase
from tracking.store.access import Store

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from linrnn.models.network import Network
    from linrnn.models.unit_network import UnitNetwork


@dataclass(frozen=True, repr=False)
class SweepResult:
    """The result of a sweep, read from its store.

    Parameters
    ----------
    store : Store
        The store that holds the runs.
    record : SweepRecord
        Everything that the store holds of the sweep.
    summary : SweepSummary
        Counts, best trials, statistics and verdict.
    """

    store: Store
    record: SweepRecord
    summary: SweepSummary

    @classmethod
    def load(cls, store: Store, run_id: str) -> SweepResult:
        """Read the result of a finished sweep by the id of its run."""
        record = load_sweep(store, read_sweep(store, run_id))
        return cls(store, record, summarize(record))

    def __repr__(self) -> str:
        return f"SweepResult({self.record.task!r}: {self.verdict.word}; store {self.store.name!r})"

    @property
    def verdict(self) -> Verdict:
        """One of the four verdicts, with its reason."""
        return self.summary.verdict

    def table(self) -> DataFrame:
        """Return the comparison of the model types.

        Returns
        -------
        pandas.DataFrame
            A row for each model type: the number of trials, the settings of the best one, its number of parameters and
            its `objective` (the upper quartile over replicas of each one's lowest validation loss); of the confirmation
            the median test loss with its 95 % interval, the loss divided by the linear baseline (`excess`), the part
            of the way from the linear to the nonlinear baseline (`closed_gap`), and the part of the replicas that
            diverged. Losses are normalized: 1 is that of the best constant.
        """
        from pandas import DataFrame

        confirmations = {each.model: each for each in self.summary.confirmations}
        rows = {}
        for study in self.summary.studies:
            names = short_names(study.settings)
            row: dict[str, Any] = {"trials": study.trials}
            row |= {names[name]: value for name, value in study.settings.items()}
            row |= {"parameters": study.parameters, "objective": study.objective}
            row |= {"best_val_loss": study.best_val_loss}
            confirmation = confirmations.get(study.model)
            if confirmation:
                row |= {
                    "median_test_loss": confirmation.median.value,
                    "interval_low": confirmation.median.low,
                    "interval_high": confirmation.median.high,
                    "excess": confirmation.excess.value if confirmation.excess else None,
                    "closed_gap": confirmation.closed_gap,
                    "divergence_rate": confirmation.diverged / len(confirmation.test_loss),
                }
            rows[study.model] = row
        return DataFrame.from_dict(rows, orient="index").rename_axis("model")

    def runs(self) -> DataFrame:
        """Return the trials of the search and the confirmations.

        Returns
        -------
        pandas.DataFrame
            A row for each run: `model`, `phase`, `trial`, `outcome`, the searched settings, `objective` (the upper
            quartile over replicas of each one's lowest validation loss), `best_val_loss` (the median), `seconds` and
            `run_id`, the id in MLflow and for `linrnn reproduce`.
        """
        from pandas import DataFrame

        rows = [search_row(trial) for trial in self.record.trials]
        return DataFrame(rows + [confirmation_row(trial) for trial in self.record.confirmations])

    def plot(self, name: str = "confirmation") -> Figure:
        """Draw a figure of the sweep.

        Parameters
        ----------
        name : str
            `confirmation` (test losses beside baselines and bounds), `predictions`, `closed-loop`, `curves`, `search`,
            `budget` or `importances`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ConfigError
            There is no such figure of this sweep.
        """
        from matplotlib import pyplot

        pyplot.close(pyplot.figure())  # has a notebook's kernel show figures in the page
        pictures = {picture.name: picture for picture in sweep_figures(self.record, self.summary)}
        if name not in pictures:
            raise ConfigError(f"this sweep has no figure {name!r}; it has: {', '.join(pictures)}")
        return pictures[name].figure

    def best(self, model: str, raw: bool = False) -> Network | UnitNetwork:
        """Return the trained network of a model type.

        Parameters
        ----------
        model : str
            Model type, such as `linear`.
        raw : bool, default False
            Whether to return the network as it was trained, which reads and writes standardized values; its parameters
            are attributes.

        Returns
        -------
        torch.nn.Module
            The replica of the confirmation with the median test loss, at its lowest validation loss: a network from
            inputs `(time, batch, features)` to outputs `(time, batch, outputs)` and the last state, in the unit of the
            series.

        Raises
        ------
        ConfigError
            The model type was not compared, or more than half of its replicas diverged.
        """
        confirmations = {each.model: each for each in self.summary.confirmations}
        if model not in confirmations:
            raise ConfigError(f"no confirmation of {model!r}; there are those of: {', '.join(confirmations) or 'none'}")
        confirmation = confirmations[model]
        if math.isinf(confirmation.median.value):
            raise ConfigError(f"more than half of the replicas of {model} diverged: use a lower learning rate")
        return load(confirmation.run_id, median_replica(confirmation.test_loss), store=self.store, raw=raw)


def search_row(trial: SearchTrial) -> dict[str, Any]:
    """Return the row of a trial of a study."""
    names = short_names(trial.settings)
    return {
        "model": trial.model,
        "phase": str(Phase.SEARCH),
        "trial": trial.number,
        "outcome": trial.outcome,
        **{names[name]: value for name, value in trial.settings.items()},
        "objective": trial.objective,
        "best_val_loss": trial.best_val_loss,
        "seconds": trial.seconds,
        "run_id": trial.run_id,
    }


def confirmation_row(trial: ConfirmationTrial) -> dict[str, Any]:
    """Return the row of a confirmation."""
    return {
        "model": trial.model,
        "phase": str(Phase.CONFIRMATION),
        "outcome": trial.outcome,
        "seconds": trial.seconds,
        "run_id": trial.run_id,
    }
