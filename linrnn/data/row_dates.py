"""Dates of the rows after a series, in the step of its own.

2024-01-01, 2024-02-01, 2024-03-01  ->  2024-04-01, 2024-05-01, ...     the same day of each month
2024-01-31, 2024-02-29              ->  2024-03-31, ...                 its last day
Mon, Tue, ..., Fri, Mon             ->  the next working days
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from linrnn.data.row_order import calendar_steps


def continue_dates(dates: Sequence[datetime], count: int) -> list[datetime]:
    """Return the dates that follow ascending ones, in their most common step.

    Parameters
    ----------
    dates : sequence of datetime
        Dates of the rows, two at least.
    count : int
        Number of later dates.
    """
    steps, unit = calendar_steps(dates)
    step = Counter(steps).most_common(1)[0][0]
    last = dates[-1]
    if unit == "month":
        is_end = all((date + timedelta(days=1)).day == 1 for date in dates)
        return [add_months(last, step * k, is_end) for k in range(1, count + 1)]
    if unit == "working day":
        days = np.busday_offset(np.datetime64(last.date()), step * np.arange(1, count + 1))
        return [datetime.combine(day, last.time()) for day in days.tolist()]
    return [last + timedelta(microseconds=step * k) for k in range(1, count + 1)]


def add_months(date: datetime, months: int, is_end: bool) -> datetime:
    """Return the same day some months later, or the last day of that month."""
    year, month = divmod(12 * date.year + date.month - 1 + months, 12)
    longest = monthrange(year, month + 1)[1]
    return date.replace(year=year, month=month + 1, day=longest if is_end else min(date.day, longest))
