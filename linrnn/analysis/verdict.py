"""The verdict: whether a task needs the nonlinearity, from test losses on fresh seeds, baselines and bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linrnn.analysis.bootstrap import Bootstrap, bootstrap_losses
from linrnn.analysis.statistics import (
    INFINITE,
    LEAST_REPLICAS,
    Estimate,
    LossSample,
    percentile_interval,
    restore_infinity,
)
from linrnn.analysis.verdict_place import PlaceComparison, compare_places, find_place, is_nonlinear
from linrnn.analysis.verdict_text import (
    LEAST_SHOWN,
    add_naive,
    conclude_equivalent,
    conclude_open,
    conclude_superior,
    describe_place,
    describe_places,
    format_estimate,
    percent,
)
from linrnn.baseline.baselines import Baselines
from linrnn.models.model import Model, NonlinearityPlace
from linrnn.training.history import Losses

NOT_PREDICTABLE, SUFFICES, NEEDED, UNDECIDED = (
    "not predictable",
    "linear suffices",
    "nonlinearity needed",
    "undecided",
)
LINEAR = "linear"  # the model type that the others are compared with
NAIVE, LINEAR_BASELINE, NONLINEAR_BASELINE = "naive baseline", "linear baseline", "nonlinear baseline"
MARGIN = 0.1  # smallest relative difference of losses that counts
LEAST_GAIN = 0.01  # over the mean, of a series that can be predicted at all
MOST_ROWS = 100  # times as many rows are not suggested
SEARCH = "more trials or epochs, or another initialization (model.init), may decide"


@dataclass(frozen=True)
class Verdict:
    """One of the four verdicts, with its reason in words and numbers.

    Parameters
    ----------
    word : str
        `not predictable`, `linear suffices`, `nonlinearity needed` or `undecided`.
    reason : str
        Why, in numbers.
    gains : mapping of str to Estimate
        Relative gain of the best nonlinear network over each linear predictor: 1 minus the ratio of the losses, with
        its interval over replicas and test steps.
    data_share : float or None
        Part of the variance of the deciding gain that comes from the finite test split; the rest comes from the
        initial weights. None if there is none, or if the step losses are not recorded.
    conclusion : str
        What was found, compared with what, in one sentence; empty where nothing can be compared.
    places : sequence of PlaceComparison
        Of `nonlinearity needed`, the places of the nonlinearity that the model types have, the simplest first; empty
        where they have one place alone.
    """

    word: str
    reason: str
    gains: Mapping[str, Estimate]
    data_share: float | None = None
    conclusion: str = ""
    places: Sequence[PlaceComparison] = ()

    @property
    def place(self) -> NonlinearityPlace | None:
        """The simplest place of the nonlinearity that is enough, as far as the model types tell."""
        place = find_place(self.places)
        return place.place if place else None

    @property
    def headline(self) -> str:
        """The word, and where the nonlinearity is needed, as far as the model types tell."""
        place = find_place(self.places)
        is_simpler = place is not None and place is not self.places[-1]
        return f"{self.word}: {describe_place(place, is_simpler)}" if place else self.word

    @property
    def sentences(self) -> str:
        """The conclusion, then the details."""
        return f"{self.conclusion}. {self.details}" if self.conclusion else self.details

    @property
    def details(self) -> str:
        """What the places of the nonlinearity reach, then the reason."""
        return "".join(f"{text}. " for text in (describe_places(self.places), self.reason) if text).rstrip()

    def __str__(self) -> str:
        return f"{self.headline}. {self.sentences}"

    def _repr_markdown_(self) -> str:
        return f"**{self.headline}.** {self.sentences}"


def decide_verdict(
    baselines: Baselines,
    networks: Mapping[str, LossSample],
    losses: Bootstrap | None = None,
    sign: str | None = None,
    models: Mapping[str, Model] | None = None,
) -> Verdict:
    """Decide whether the linear network suffices.

    Parameters
    ----------
    baselines : Baselines
        Baselines and bounds of the task, as normalized test losses, with their step losses where recorded.
    networks : mapping of str to LossSample
        Test losses of the replicas of the confirmation of each model type.
    losses : Bootstrap, optional
        The result of `resample_predictors`, if it is there already.
    sign : str, optional
        Name of a nonlinearity test that finds more in the data than the margin.
    models : mapping of str to Model, optional
        Hyperparameters of the confirmed networks; those that are nonlinear nowhere are linear predictors. Without
        them, all but `linear` are nonlinear in their recurrence.

    Returns
    -------
    Verdict
        `nonlinearity needed` if the best nonlinear network is better than the linear network *and* than every linear
        baseline, by more than the margin with its interval; `linear suffices` if it is not better by more than the
        margin, with its interval, than the best linear predictor, and nothing else indicates that a better search would
        find more; `not predictable` if no predictor is better than the mean; otherwise `undecided`.
    """
    others = [model for model in networks if model != LINEAR and is_nonlinear(model, models)]
    if LINEAR not in networks or not others:
        return Verdict(UNDECIDED, "a verdict requires the confirmations of linear and of a nonlinear model type", {})
    fewest = min(len(sample.losses) for sample in networks.values())
    if fewest < LEAST_REPLICAS:
        return Verdict(UNDECIDED, f"too few replicas: {fewest} of a model type, {LEAST_REPLICAS} are required", {})
    losses = losses or resample_predictors(baselines, networks)
    linear = [model for model in networks if model != LINEAR and model not in others]
    decision = Decision(baselines, losses, others, sign, linear)
    verdict = decision.decide()
    if verdict.word != NEEDED:
        return verdict
    gains = {name: decision.gain(name, decision.best) for name in others}
    return replace(verdict, places=compare_places(losses, gains, models or {}, MARGIN))


def resample_predictors(baselines: Baselines, networks: Mapping[str, LossSample]) -> Bootstrap:
    """Resample the test losses of the networks and of the baselines of a task."""
    losses = {NAIVE: baselines.naive, LINEAR_BASELINE: baselines.linear, NONLINEAR_BASELINE: baselines.nonlinear}
    names = {"naive": NAIVE, "linear": LINEAR_BASELINE, "nonlinear": NONLINEAR_BASELINE}
    steps = {names[name]: each for name, each in baselines.step_losses.items()}
    return bootstrap_losses(networks, losses, steps)


class Decision:
    """The rules of a verdict, for one set of resampled losses.

    Parameters
    ----------
    baselines : Baselines
    losses : Bootstrap
        Resampled losses of the networks and the baselines.
    others : sequence of str
        Nonlinear model types.
    sign : str or None
        Name of a nonlinearity test that finds more in the data than the margin.
    networks : sequence of str
        Linear model types other than `linear`.
    """

    def __init__(
        self,
        baselines: Baselines,
        losses: Bootstrap,
        others: list[str],
        sign: str | None,
        networks: Sequence[str] = (),
    ) -> None:
        self.baselines, self.losses, self.sign, self.networks = baselines, losses, sign, networks
        self.best = min(others, key=lambda model: losses.values[model])
        is_best_linear = baselines.is_naive_value and baselines.naive < baselines.linear
        self.linear = [LINEAR, *networks, LINEAR_BASELINE, *([NAIVE] if is_best_linear else [])]
        self.gains = {name: self.gain(name, self.best) for name in self.linear}

    def gain(self, name: str, other: str) -> Estimate:
        """Relative gain of a predictor over the one that is named first, with its interval."""
        value = self.relative_gain(self.losses.values[name], self.losses.values[other])
        interval = percentile_interval(self.relative_gain(self.losses.both[name], self.losses.both[other]))
        return Estimate(restore_infinity(float(value)), *interval)

    def relative_gain(self, loss: Losses | float, other: Losses | float) -> Losses:
        """1 minus the ratio of two losses; that of a difference below the resolution is below the margin."""
        reference = np.maximum(loss, self.baselines.resolution / MARGIN)
        gain: Losses = np.maximum((np.asarray(loss) - other) / reference, -INFINITE)
        return gain

    def decide(self) -> Verdict:
        """Return the verdict."""
        if not self.baselines.is_naive_value:
            over_mean = {name: self.gain(NAIVE, name) for name in self.losses.values if name != NAIVE}
            if all(each.low <= 0 or each.value <= LEAST_GAIN for each in over_mean.values()):
                return self.decide_predictability(max(over_mean.values(), key=lambda each: each.high))
        reason = self.describe()
        blocking = [name for name, gain in self.gains.items() if gain.low <= MARGIN]
        if not blocking:
            return self.decide_bound(reason)
        sufficient = [name for name in blocking if self.gains[name].high <= MARGIN]
        if sufficient:
            name = min(sufficient, key=lambda each: self.losses.values[each])
            conclusion = conclude_equivalent(self.best, self.label(name), self.gains[name].value, MARGIN)
            return self.decide_equivalence(reason, conclusion)
        name = min(blocking, key=lambda each: self.gains[each].value)
        conclusion = conclude_open(self.best, self.label(name), self.gains[name], MARGIN)
        return self.verdict(UNDECIDED, f"{reason}: {self.advise(name)}", conclusion)

    def decide_predictability(self, highest: Estimate) -> Verdict:
        """Return the verdict if no predictor is better than the mean beyond chance."""
        reason = f"no predictor is better than the mean beyond chance: the largest gain is {percent(highest)}"
        if highest.high <= MARGIN:
            conclusion = "Nothing predicts the targets better than their mean"
            return Verdict(NOT_PREDICTABLE, f"{reason}, margin {100 * MARGIN:.0f} %", self.gains, conclusion=conclusion)
        conclusion = "It is open whether anything predicts the targets better than their mean"
        bounds = [f"{name} {loss:.3g}" for name, loss in self.baselines.bounds.items() if loss < 1 - MARGIN]
        if bounds:
            return self.verdict(UNDECIDED, f"{reason}, but it is possible ({', '.join(bounds)}); {SEARCH}", conclusion)
        return self.verdict(UNDECIDED, f"{reason}; {self.suggest_rows(highest)} may decide", conclusion)

    def decide_bound(self, reason: str) -> Verdict:
        """Return the verdict if the best network is better than all linear predictors here."""
        analytic = self.baselines.analytic
        high = self.losses.estimate(self.best).high
        if analytic is not None and high >= analytic - max(MARGIN * analytic, self.baselines.resolution):
            text = f"{reason}, but the analytic bound is {analytic:.3g}; {SEARCH}"
            conclusion = f"The {self.best} network is better than the linear predictors here, but not than the best one"
            return self.verdict(UNDECIDED, text, conclusion)
        return self.verdict(NEEDED, reason, conclude_superior(self.best, min(each.low for each in self.gains.values())))

    def decide_equivalence(self, reason: str, conclusion: str) -> Verdict:
        """Return the verdict if the best network is not better than some linear predictor by more than the margin."""
        best = min(self.linear, key=lambda name: self.losses.values[name])
        beyond = self.relative_gain(self.losses.values[best], self.losses.values[NONLINEAR_BASELINE])
        if beyond > MARGIN:
            text = f"but the nonlinear baseline reaches {self.baselines.nonlinear:.3g}"
            more = "but the nonlinear baseline is better"
            return self.verdict(UNDECIDED, f"{reason}, {text}; {SEARCH}", f"{conclusion}, {more}")
        if self.sign:
            text, more = f"but there is more in the data: {self.sign}", "but a nonlinearity test finds more in the data"
            return self.verdict(UNDECIDED, f"{reason}, {text}; {SEARCH}", f"{conclusion}, {more}")
        if best == NAIVE:
            reason = f"{reason}; nothing is better than the {self.baselines.naive_method}"
        if self.losses.values[best] < self.baselines.resolution:
            reason = f"{reason}; losses below {self.baselines.resolution:.1g} are rounding"
        return self.verdict(SUFFICES, reason, conclusion)

    def verdict(self, word: str, reason: str, conclusion: str) -> Verdict:
        """Return a verdict with its numbers, and with the origin of its uncertainty in words."""
        if min(self.losses.values[name] for name in (LINEAR, *self.networks, self.best)) > self.losses.values[NAIVE]:
            conclusion = add_naive(conclusion, self.baselines.naive_method or NAIVE)
        share = self.data_share()
        if share is None:
            origin = "the interval does not contain the chance of the test split, whose step losses are not recorded"
            reason = reason if self.losses.has_steps else f"{reason} ({origin})"
            return Verdict(word, reason, self.gains, conclusion=conclusion)
        origin = f"{share * 100:.0f} % of the uncertainty is from the length of the test split, the rest from training"
        return Verdict(word, f"{reason} ({origin})", self.gains, share, conclusion)

    def label(self, name: str) -> str:
        """A linear predictor in words."""
        methods = {NAIVE: self.baselines.naive_method, LINEAR_BASELINE: self.baselines.linear_method}
        if name in (LINEAR, *self.networks):
            return f"the {name} network"
        return f"the {name} ({methods[name]})" if methods.get(name) else f"the {name}"

    def data_share(self) -> float | None:
        """Part of the variance of the gain over the best linear predictor that the test steps cause."""
        if not self.losses.has_steps:
            return None
        name = min(self.gains, key=lambda each: self.gains[each].value)
        data, training = (
            float(np.var(np.maximum(self.relative_gain(each[name], each[self.best]), LEAST_SHOWN)))
            for each in (self.losses.data, self.losses.training)
        )
        return data / (data + training) if data + training > 0 else None

    def describe(self) -> str:
        """Write the losses and the gains."""
        losses = ", ".join(
            format_estimate(name, self.losses.estimate(name)) for name in (LINEAR, *self.networks, self.best)
        )
        gains = [f"{percent(self.gains[LINEAR])} over the linear network"]
        for name in self.linear[1:]:
            label = name if name != NAIVE else self.baselines.naive_method
            label = f"{name} network" if name in self.networks else label
            gains.append(f"{percent(self.gains[name])} over the {label}, {self.losses.values[name]:.3g}")
        return f"{losses}; gain of {self.best} {', '.join(gains)}, margin {100 * MARGIN:.0f} %"

    def advise(self, name: str) -> str:
        """Write what would decide, where the gain over a linear predictor is undecided."""
        undertrained = self.relative_gain(self.losses.values[LINEAR], self.losses.values[LINEAR_BASELINE]) > MARGIN
        if name != LINEAR and undertrained:
            return "the linear network is not trained as far as the linear baseline; more trials or epochs may decide"
        share = self.data_share()
        if share is None or share < 0.5:
            return "more replicas (sweep.confirmation) may decide"
        return f"{self.suggest_rows(self.gains[name])} may decide"

    def suggest_rows(self, gain: Estimate) -> str:
        """Write how many rows would separate a gain from the margin, as intervals shrink with the root of the rows."""
        width = (gain.high - max(gain.low, LEAST_SHOWN)) / 2
        factor = (width / max(abs(gain.value - MARGIN), 1e-9)) ** 2
        if factor > MOST_ROWS:
            return f"more than {MOST_ROWS} times as many rows"
        return f"about {max(factor, 1.5):.2g} times as many rows"
