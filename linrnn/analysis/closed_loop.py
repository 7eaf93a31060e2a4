"""Forecasts of several steps by networks that read their own predictions.

A network with horizon h that reads x_t writes a prediction of x_{t+h}. After the last value x_t that is known, the
leads 1 to h are predicted from x_{t-h+1}, ..., x_t; each later lead from the prediction h steps before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from linrnn.data.sequences import Array
from linrnn.data.series_scale import SeriesScale
from linrnn.models.model import Model
from linrnn.training.evaluation import single_torch_thread

MOST_STATES = 2**22  # of hidden units of all origins, computed at once
Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class Ensemble:
    """S replicas of a model type that were trained alike, and the scale of their data.

    Parameters
    ----------
    model : Model
        The model type.
    parameters : mapping of str to Tensor (S, ...)
        Parameters of all replicas, float64.
    scale : SeriesScale
        From the file's unit to what they read and write.
    horizon : int
        Rows from an input to the first target.
    steps : int
        Rows that are predicted at once.
    """

    model: Model
    parameters: Parameters
    scale: SeriesScale
    horizon: int
    steps: int = 1

    @property
    def size(self) -> int:
        """Number of replicas."""
        return len(next(iter(self.parameters.values())))

    @property
    def reach(self) -> int:
        """Rows from an input to its last target, which are predicted without a closed loop."""
        return self.horizon + self.steps - 1

    def replica(self, index: int) -> Ensemble:
        """Return one replica as an ensemble of its own."""
        parameters = {name: value[index : index + 1] for name, value in self.parameters.items()}
        return Ensemble(self.model, parameters, self.scale, self.horizon, self.steps)

    def zero_state(self, batch: int) -> Tensor:
        """Return the state of all replicas before the first step."""
        return self.model.zero_state(self.size, batch, like=torch.zeros(1, dtype=torch.float64))

    def advance(self, values: Array, previous: Array | None, state: Tensor) -> tuple[Array, Tensor]:
        """Return predictions `(S, time, batch, outputs)` in the file's unit, and the state after the last step.

        Parameters
        ----------
        values : array (time, batch, features)
            Inputs in the file's unit.
        previous : array (batch,) or None
            First input before the first step.
        state : Tensor
            State before the first step.
        """
        inputs = torch.from_numpy(np.ascontiguousarray(self.scale.scale_inputs(values, previous)))
        with single_torch_thread(), torch.no_grad():
            outputs, last = self.model.forward(self.parameters, inputs, state)
        return self.scale.restore_outputs(outputs.numpy(), values), last


def predict_rows(ensemble: Ensemble, inputs: Array) -> Array:
    """Return the predictions that replicas make at each row, `(S, time, batch, outputs)`, in the file's unit."""
    return ensemble.advance(inputs, None, ensemble.zero_state(inputs.shape[1]))[0]


def batch_axis(model: Model) -> int:
    """Return the axis of a model type's state that counts sequences."""
    like = torch.zeros(1)
    one, two = (model.zero_state(1, batch, like=like).shape for batch in (1, 2))
    return next(k for k, (first, second) in enumerate(zip(one, two, strict=True)) if first != second)


def forecast_series(ensemble: Ensemble, values: Array, origins: Sequence[int], leads: int) -> Array:
    """Forecast a series from some of its rows on.

    Parameters
    ----------
    ensemble : Ensemble
        Networks whose only input is the series itself.
    values : array (time, batch)
        The series, in the file's unit.
    origins : sequence of int
        The last row that is known, in ascending order; O of them.
    leads : int
        Number K of rows to forecast after each origin.

    Returns
    -------
    array (S, O, batch, K)
        Forecasts in the file's unit; nan for leads that nothing predicts, as the series had not begun.
    """
    rows = values[..., None]
    axis, batch = batch_axis(ensemble.model), values.shape[1]
    state, start, outputs, states = ensemble.zero_state(batch), 0, [], []
    for origin in origins:
        if origin >= start:
            previous = values[start - 1] if start else None
            written, state = ensemble.advance(rows[start : origin + 1], previous, state)
            outputs.append(written)
            start = origin + 1
        states.append(state)
    direct = direct_forecasts(ensemble, np.concatenate(outputs, axis=1), origins)
    count = min(leads, ensemble.reach)
    if leads == count:
        return direct[..., :leads]
    joint = torch.cat(states, dim=axis)
    forecasts = np.stack(
        [
            close_loop(
                ensemble.replica(k),
                direct[k].reshape(len(origins) * batch, -1),
                values[list(origins)].reshape(-1),
                joint[k : k + 1],
                leads,
            )
            for k in range(ensemble.size)
        ]
    )
    return forecasts.reshape(ensemble.size, len(origins), batch, leads)


def direct_forecasts(ensemble: Ensemble, outputs: Array, origins: Sequence[int]) -> Array:
    """Return the forecasts `(S, O, batch, reach)` that outputs `(S, time, batch, steps)` hold: the latest of each."""
    leads = np.arange(1, ensemble.reach + 1)
    index = np.maximum(leads - ensemble.horizon, 0)  # of the output
    steps = np.asarray(origins)[:, None] - np.maximum(ensemble.horizon - leads, 0)  # that it is written at
    forecasts = outputs[:, np.maximum(steps, 0), :, index]  # (O, reach, S, batch)
    forecasts = np.moveaxis(forecasts, 2, 0)
    forecasts[:, steps < 0] = np.nan
    return np.moveaxis(forecasts, 2, 3)


def close_loop(ensemble: Ensemble, forecasts: Array, last: Array, state: Tensor, leads: int) -> Array:
    """Continue forecasts of one replica by its own predictions.

    Parameters
    ----------
    ensemble : Ensemble
        One replica.
    forecasts : array (batch, reach)
        Forecasts of the first leads.
    last : array (batch,)
        The last values that are known.
    state : Tensor
        State after them.
    leads : int
        Number of leads, more than `reach`.

    Returns
    -------
    array (batch, leads)
    """
    path = [last, *forecasts.T]
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, leads - ensemble.reach + 1):
            written, state = ensemble.advance(path[k][None, :, None], path[k - 1], state)
            path.append(written[0, 0, :, -1])
    return np.stack(path[1:], axis=1)


def loop_radius(ensemble: Ensemble, values: Array) -> float:
    """Return the spectral radius of the closed loop of one linear replica: above 1, its forecasts grow without bound.

    The loop is an affine map of the state and of the last values; its matrix is what it makes of each unit vector.

    Parameters
    ----------
    ensemble : Ensemble
        One replica of a linear model type.
    values : array (time, batch)
        The series, for the scale of its values.
    """
    shape, axis = ensemble.zero_state(1).shape, batch_axis(ensemble.model)
    size, memory = int(np.prod(shape)), ensemble.reach + 1
    points = np.concatenate([np.zeros((1, size + memory)), np.eye(size + memory)])
    unit = float(values.std()) or 1.0
    state = torch.from_numpy(points[:, :size]).reshape(len(points), *shape)
    state = torch.cat(list(state), dim=axis)
    path = points[:, size:].T * unit + float(values.mean())  # (memory, points): the last value, then the forecasts
    written, after = ensemble.advance(path[1][None, :, None], path[0], state)
    later = np.concatenate([path[1:], written[0, 0, :, -1][None]]) / unit
    inner = torch.stack(torch.split(after, 1, dim=axis)).reshape(len(points), size).numpy()
    image = np.concatenate([inner, later.T], axis=1)
    return float(np.abs(np.linalg.eigvals((image[1:] - image[0]).T)).max())
