"""Where the nonlinearity is needed: the simplest place of it that a sweep's model types show to be enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from linrnn.analysis.bootstrap import Bootstrap
from linrnn.analysis.statistics import Estimate
from linrnn.models.model import Model, NonlinearityPlace


class PlaceComparison(NamedTuple):
    """The best model type of those that are nonlinear in one place, compared with the best of all.

    Parameters
    ----------
    place : NonlinearityPlace
        Where it is nonlinear.
    part : str
        The same in words, with the number of units where some are nonlinear.
    model : str
        The model type.
    loss : Estimate
        Its median test loss.
    gain : Estimate
        Relative gain of the best model type over it, with its interval.
    is_enough : bool or None
        Whether it is not worse than the best by more than the margin, with the interval; None if that is open.
    """

    place: NonlinearityPlace
    part: str
    model: str
    loss: Estimate
    gain: Estimate
    is_enough: bool | None


def find_nonlinearity(name: str, models: Mapping[str, Model] | None) -> NonlinearityPlace:
    """Return where a network is nonlinear; one whose hyperparameters are not known in its recurrence."""
    return models[name].nonlinearity if models and name in models else NonlinearityPlace.RECURRENCE


def is_nonlinear(name: str, models: Mapping[str, Model] | None) -> bool:
    """Whether a network is nonlinear somewhere."""
    return find_nonlinearity(name, models) != NonlinearityPlace.NONE


def compare_places(
    losses: Bootstrap, gains: Mapping[str, Estimate], models: Mapping[str, Model], margin: float
) -> tuple[PlaceComparison, ...]:
    """Compare the best network of each place of the nonlinearity with the best of all.

    Parameters
    ----------
    losses : Bootstrap
        Resampled losses.
    gains : mapping of str to Estimate
        Relative gain of the best nonlinear network over each nonlinear network.
    models : mapping of str to Model
        Hyperparameters of the networks.
    margin : float
        Smallest gain that counts.

    Returns
    -------
    tuple of PlaceComparison
        The simplest place first; empty where all networks have the same one.
    """
    comparisons = []
    for place in NonlinearityPlace:
        present = [name for name in gains if find_nonlinearity(name, models) == place]
        if present:
            name = min(present, key=lambda model: losses.values[model])
            part = models[name].nonlinear_part if name in models else f"the {place}"
            gain = gains[name]
            comparisons.append(
                PlaceComparison(place, part, name, losses.estimate(name), gain, compare_gain(gain, margin))
            )
    return tuple(comparisons) if len(comparisons) > 1 else ()


def compare_gain(gain: Estimate, margin: float) -> bool | None:
    """Return whether a gain is at most the margin, with its interval; None if that is open."""
    if gain.high <= margin:
        return True
    return False if gain.low > margin else None


def find_place(comparisons: Sequence[PlaceComparison]) -> PlaceComparison | None:
    """Return the first, simplest, place that is enough; None where the model types have one place alone."""
    return next((each for each in comparisons if each.is_enough), None) if len(comparisons) > 1 else None
