"""Baselines and bounds of a task under the names that tables, figures and files use."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.baseline.baselines import Baselines


class ReferenceLoss(NamedTuple):
    """A loss that networks are compared with."""

    label: str
    key: str  # in CSV files
    loss: float
    predictor: str
    rmse: float | None = None  # in the data's own unit
    mae: float | None = None


def reference_losses(baselines: Baselines) -> list[ReferenceLoss]:
    """Return the baselines and bounds that a task has."""
    naive = baselines.naive_method or "mean, or the last value"
    references = (
        ("naive baseline", "baseline_naive", baselines.naive, naive),
        ("linear baseline", "baseline_linear", baselines.linear, baselines.linear_method),
        ("nonlinear baseline", "baseline_nonlinear", baselines.nonlinear, "kernel ridge regression on lags"),
        ("analytic bound", "bound_analytic", baselines.analytic, "best linear predictor, in closed form"),
        ("noise bound", "bound_noise", baselines.noise, "best predictor of any kind"),
    )
    errors = {f"baseline_{name}": (rmse, baselines.mae.get(name)) for name, rmse in baselines.rmse.items()}
    return [
        ReferenceLoss(label, key, loss, predictor, *errors.get(key, ()))
        for label, key, loss, predictor in references
        if loss is not None
    ]


def losses_by_label(baselines: Baselines) -> dict[str, float]:
    """Return the losses of the baselines and bounds by label."""
    return {reference.label: reference.loss for reference in reference_losses(baselines)}
