"""A backtest as tables and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.report.comparison_table import number_text
from experiments.report.serialization import finite
from experiments.report.table import Table
from linrnn.analysis.rolling_origin import LeadErrors

AHEAD = "rows ahead"


@dataclass(frozen=True)
class ErrorTable:
    """Errors by predictor and number of rows ahead, arranged for people and for files."""

    errors: Sequence[LeadErrors]

    @property
    def predictors(self) -> list[str]:
        """Names of the predictors, in their order."""
        return list(dict.fromkeys(each.predictor for each in self.errors))

    def overview(self) -> Table:
        """Return the table of the root mean square errors, a column for each predictor."""
        cells = {(each.predictor, each.lead): number_text(each.rmse) for each in self.errors}
        leads = sorted({each.lead for each in self.errors})
        rows = [(str(lead), *(cells[name, lead] for name in self.predictors)) for lead in leads]
        return Table((AHEAD, *self.predictors), rows)

    def numbers(self) -> Table:
        """Return the table of all numbers, a line for each predictor and number of rows ahead."""
        rows = [(each.predictor, each.lead, finite(each.rmse), finite(each.mae), each.values) for each in self.errors]
        return Table(("predictor", "ahead", "rmse", "mae", "values"), rows)

    def entries(self) -> list[dict[str, Any]]:
        """Return the numbers as objects of JSON; one that is not finite is null."""
        table = self.numbers()
        return [dict(zip(table.header, row, strict=True)) for row in table.rows]
