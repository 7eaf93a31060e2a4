"""A claim: its sentence, the trials that are evidence, the measurement that decides, and its figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from experiments.report.figures.picture import Picture
from experiments.report.table import Table
from linrnn.analysis.statistics import Estimate
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig

Trials = Mapping[str, TrialConfig]  # by a label that the claim gives them
Results = Mapping[str, TrialResult]
Numbers = Mapping[str, float | Estimate]  # what was measured -> value, with its 95 % interval where it has one


class ClaimVerdict(StrEnum):
    """What an experiment says of a claim."""

    HOLDS = "holds"
    HOLDS_IF = "holds if"
    FAILS = "refuted"


class Budget(NamedTuple):
    """How much is trained: replicas of each trial, and the part of its epochs, 1 of so many."""

    replicas: int = 30
    shortening: int = 1

    def epochs(self, count: int) -> str:
        """Return a number of epochs within the budget, as text."""
        return str(max(count // self.shortening, 2))


FULL, QUICK = Budget(), Budget(3, 100)


class Measurement(NamedTuple):
    """What an experiment has measured.

    Parameters
    ----------
    verdict : ClaimVerdict
    condition : str
        When the claim holds, or what refutes it, in words.
    reversal : str
        The setting in which the result is the opposite.
    numbers : mapping of str to float or Estimate
        The numbers behind the verdict.
    table : Table
        The numbers of the figure.
    """

    verdict: ClaimVerdict
    condition: str
    reversal: str
    numbers: Numbers
    table: Table


@dataclass(frozen=True)
class Claim:
    """A sentence that is often said of linear recurrent networks, with its experiment.

    Parameters
    ----------
    id : str
        Letter of the claim.
    title : str
        The claim in a few words.
    sentence : str
        The claim as it is said.
    trials : callable
        Returns the trials that are evidence, by label, within a budget.
    measure : callable
        Returns the measurement, of the trained trials.
    draw : callable
        Draws the table of the measurement.
    caption : str
        How to read the figure.
    """

    id: str
    title: str
    sentence: str
    trials: Callable[[Budget], Trials]
    measure: Callable[[Results], Measurement]
    draw: Callable[[Table], Figure]
    caption: str

    def picture(self, table: Table) -> Picture:
        """Return the figure of a measurement's table."""
        return Picture(f"claim-{self.id}", self.title, self.caption, table, self.draw)


class ClaimResult(NamedTuple):
    """A claim with its measurement, and the runs that are the evidence, by label."""

    claim: Claim
    measurement: Measurement
    runs: Mapping[str, str]

    @property
    def picture(self) -> Picture:
        """The figure of the claim."""
        return self.claim.picture(self.measurement.table)

    def to_json(self) -> dict[str, Any]:
        """Return the result as `linrnn claims --json` prints it; numbers that are not finite are null."""
        verdict, condition, reversal, numbers, table = self.measurement
        return {
            "id": self.claim.id,
            "title": self.claim.title,
            "claim": self.claim.sentence,
            "verdict": verdict.value,
            "condition": condition,
            "reversal": reversal,
            "numbers": {name: to_plain(value) for name, value in numbers.items()},
            "caption": self.claim.caption,
            "figure": {"header": list(table.header), "rows": [[to_plain(cell) for cell in row] for row in table.rows]},
            "runs": dict(self.runs),
            "command": f"linrnn claims --only {self.claim.id}",
        }


def to_plain(value: Any) -> Any:
    """Return a number, text or estimate as JSON has it: an estimate as a list, null for what is not finite."""
    if isinstance(value, Estimate):
        return [to_plain(each) for each in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value
