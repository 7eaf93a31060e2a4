"""The color of each model type, the same in figures and in the charts of the MLflow UI."""

from __future__ import annotations

from linrnn.models import MODELS

# distinguishable by color-blind people (Wong 2011; lstm Tol 2021); one for each model type, in registry order
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#8822EE")


def model_color(model: str) -> str:
    """Return the color of a model type, as hexadecimal text."""
    return PALETTE[list(MODELS).index(model) % len(PALETTE)]
