"""The scale of a series: from values in the file's unit to what a network reads and writes, and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.data.chronological_split import SeriesData, fit_standardizations
from linrnn.data.sequences import Array
from linrnn.data.split_settings import SplitSettings, split_ends


class SeriesScale(NamedTuple):
    """Means and standard deviations of inputs and targets, over the training part.

    Parameters
    ----------
    input_mean, input_deviation : array (features,)
        Of each input; of the first one's changes, where it is `relative`.
    target_mean, target_deviation : array (targets,)
        Of each target column.
    relative : bool
        Whether a network reads changes of the first input, and its outputs are differences from that input.
    """

    input_mean: Array
    input_deviation: Array
    target_mean: Array
    target_deviation: Array
    relative: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether nothing is scaled."""
        deviations = (self.input_deviation == 1).all() and (self.target_deviation == 1).all()
        return bool(deviations and not self.input_mean.any() and not self.target_mean.any()) and not self.relative

    def scale_inputs(self, values: Array, previous: Array | None = None) -> Array:
        """Return what a network reads at each step.

        Parameters
        ----------
        values : array (time, batch, features)
            Inputs in the file's unit.
        previous : array (batch,), optional
            First input before the first step, for its change; by default no change.
        """
        if self.relative:
            start = values[0, :, 0] if previous is None else previous
            change = np.diff(values[..., 0], axis=0, prepend=start[None])
            values = np.concatenate([change[..., None], values[..., 1:]], axis=-1)
        scaled: Array = (values - self.input_mean) / self.input_deviation
        return scaled

    def restore_outputs(self, outputs: Array, values: Array) -> Array:
        """Return a network's outputs in the file's unit.

        Parameters
        ----------
        outputs : array (..., time, batch, outputs)
            What the network writes: of each target column, or of several steps of one.
        values : array (time, batch, features)
            The inputs in the file's unit.
        """
        copies = outputs.shape[-1] // len(self.target_deviation)  # steps that are predicted at once
        base = values[..., :1] if self.relative else np.tile(self.target_mean, copies)
        restored: Array = outputs * np.tile(self.target_deviation, copies) + base
        return restored


def identity_scale(features: int) -> SeriesScale:
    """Return the scale of a task whose sequences are in no other unit."""
    zero, one = np.zeros(features), np.ones(features)
    return SeriesScale(zero, one, np.zeros(1), np.ones(1))


def fit_scale(data: SeriesData, settings: SplitSettings, has_test: bool, name: str) -> SeriesScale:
    """Return the scale of a series: that of its splits. DataError where a column does not change."""
    ends = settings.ends or split_ends(len(data.inputs), has_test)
    inputs, targets = fit_standardizations(data, settings, ends[0], name)
    return SeriesScale(*inputs, *targets, relative=settings.relative)
