"""The figures that others have published, by data and test record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class LiteratureFigure(NamedTuple):
    """Test errors by model, of linear and of nonlinear ones, in the measure of the publication."""

    data: str
    measure: str
    linear: Mapping[str, float]
    nonlinear: Mapping[str, float]


# Zeng, Chen, Zhang & Xu (2023), Are transformers effective for time series forecasting?: column OT alone
ETT_FIGURES: Mapping[int, LiteratureFigure] = {
    steps: LiteratureFigure(
        f"ETTh1, OT, next {steps} rows",
        "MSE",
        {"Linear": linear, "NLinear": nlinear, "DLinear": dlinear},
        {"Informer": informer},
    )
    for steps, linear, nlinear, dlinear, informer in (
        (96, 0.189, 0.053, 0.056, 0.193),
        (192, 0.078, 0.069, 0.071, 0.217),
        (336, 0.091, 0.081, 0.098, 0.202),
        (720, 0.172, 0.080, 0.189, 0.183),
    )
}

# Champneys et al. (2024), baseline results for selected nonlinear system identification benchmarks: best of 10 restarts
SILVERBOX_FIGURES: Mapping[str, LiteratureFigure] = {
    record: LiteratureFigure(f"Silverbox, {record}", "RMSE, mV", {}, {"tanh RNN": rnn, "GRU": gru, "LSTM": lstm})
    for record, rnn, gru, lstm in (
        ("multisine", 1.64, 1.49, 1.50),
        ("arrow", 4.88, 2.80, 2.68),
        ("arrow without extrapolation", 1.73, 0.95, 0.96),
    )
}
