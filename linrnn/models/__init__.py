"""Registry of the model types, a recurrence and a readout each; one file per model type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import Registry

if TYPE_CHECKING:
    from linrnn.models.model import Model

MODELS: Registry[type[Model]] = Registry(
    "model type",
    {
        "linear": "linrnn.models.linear:Linear",
        "tanh": "linrnn.models.tanh:Tanh",
        "relu": "linrnn.models.relu:Relu",
        "almost-linear": "linrnn.models.almost_linear:AlmostLinear",
        "linear-mlp": "linrnn.models.linear_mlp:LinearMlp",
        "gru": "linrnn.models.gru:Gru",
        "lstm": "linrnn.models.lstm:Lstm",
        "lru": "linrnn.models.lru:Lru",
    },
)
DEFAULT_MODELS = ("linear", "tanh")  # of a sweep that names none
