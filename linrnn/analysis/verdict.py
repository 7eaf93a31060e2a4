"""The verdict: whether a task needs the nonlinearity, from test losses on fresh seeds, baselines and bounds."""

from __future__ import annotations

import math
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
    difference,
    format_estimate,
    percent,
)
from linrnn.baseline.baselines import ROUNDING, Baselines
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
BASELINE_LABELS = {"naive": NAIVE, "linear": LINEAR_BASELINE, "nonlinear": NONLINEAR_BASELINE}
MARGIN = 0.1  # smallest relative difference of losses that counts
LEAST_GAIN = 0.01  # over the mean, of a series that can be predicted at all
MOST_ROWS = 100  # times as many rows are not suggested
TINY = 1e-9  # ratio of losses, or difference of logarithms, that counts as 0
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
    losses = {label: getattr(baselines, name) for name, label in BASELINE_LABELS.items()}
    steps = {BASELINE_LABELS[name]: each for name, each in baselines.step_losses.items()}
    return bootstrap_losses(networks, losses, steps)


def find_intervals(baselines: Baselines, losses: Bootstrap | None = None) -> dict[str, Estimate]:
    """Return the losses of the baselines, by name, with their 95 % intervals over blocks of test steps.

    Without resampled losses these are drawn here. Empty where the step losses are not recorded.
    """
    losses = losses or resample_predictors(baselines, {})
    if not losses.has_steps:
        return {}
    return {name: losses.estimate(BASELINE_LABELS[name]) for name in baselines.step_losses}


def find_excess(model: str, losses: Bootstrap) -> Estimate | None:
    """Return the loss of a model type divided by that of the linear baseline, with its 95 % interval.

    None where the baseline is 0 but for rounding; the interval has the chance of the test split where step losses are
    recorded.
    """
    baseline = losses.values[LINEAR_BASELINE]
    if baseline <= ROUNDING:
        return None
    ratios = losses.both[model] / np.maximum(losses.both[LINEAR_BASELINE], ROUNDING)
    value = losses.values[model] / baseline
    return Estimate(restore_infinity(value), *percentile_interval(ratios))


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

    @property
    def floor(self) -> float:
        """Loss below which a relative difference of the margin is rounding."""
        return self.baselines.resolution / MARGIN

    def gain(self, name: str, other: str) -> Estimate:
        """Relative gain of a predictor over the one that is named first, with its interval."""
        value = self.relative_gain(self.losses.values[name], self.losses.values[other])
        interval = percentile_interval(self.relative_gain(self.losses.both[name], self.losses.both[other]))
        return Estimate(restore_infinity(float(value)), *interval)

    def relative_gain(self, loss: Losses | float, other: Losses | float) -> Losses:
        """1 minus the ratio of two losses; that of a difference below the resolution is below the margin."""
        reference = np.maximum(loss, self.floor)
        gain: Losses = np.maximum((np.asarray(loss) - other) / reference, -INFINITE)
        return gain

    def decide(self) -> Verdict:
        """Return the verdict."""
        if np.isinf(self.losses.estimate(self.best).value):
            conclusion = f"Nothing is known of nonlinear networks: half of the {self.best} networks diverge, or more"
            return Verdict(UNDECIDED, f"{self.describe()}; {SEARCH}", self.gains, conclusion=conclusion)
        if not self.baselines.is_naive_value:
            over_mean = {name: self.gain(NAIVE, name) for name in self.losses.values if name != NAIVE}
            if all(each.low <= 0 or each.value <= LEAST_GAIN for each in over_mean.values()):
                return self.decide_predictability(over_mean)
        reason = self.describe()
        blocking = [name for name, gain in self.gains.items() if gain.low <= MARGIN]
        if not blocking:
            return self.decide_bound(reason, min(self.gains, key=lambda each: self.gains[each].value))
        sufficient = [name for name in blocking if self.gains[name].high <= MARGIN]
        if sufficient:
            name = min(sufficient, key=lambda each: self.losses.values[each])
            return self.decide_equivalence(reason, name)
        name = min(blocking, key=lambda each: self.gains[each].value)
        conclusion = conclude_open(self.best, self.label(name), self.gains[name], MARGIN)
        return self.verdict(UNDECIDED, f"{reason}: {self.advise(name)}", conclusion, name)

    def decide_predictability(self, gains: Mapping[str, Estimate]) -> Verdict:
        """Return the verdict if no predictor is better than the mean beyond chance, from their gains over it."""
        name = max(gains, key=lambda each: gains[each].high)
        gain = gains[name]
        reason = f"no predictor is better than the mean beyond chance: the largest gain is {percent(gain)}"
        conclusion = "It is open whether anything predicts the targets better than their mean"
        bounds = [f"{bound} {loss:.3g}" for bound, loss in self.baselines.bounds.items() if loss < 1 - MARGIN]
        if bounds:
            text = f"{reason}, but it is possible ({', '.join(bounds)}); {SEARCH}"
            return self.verdict(UNDECIDED, text, conclusion, NAIVE, name)
        if gain.high > MARGIN:
            advice = self.suggest(NAIVE, name, gain, 0.0 if gain.value > LEAST_GAIN else MARGIN)
            return self.verdict(UNDECIDED, f"{reason}; {advice}", conclusion, NAIVE, name)
        if self.sign:
            text = f"{reason}, but there is more in the data: {self.sign}; {SEARCH}"
            return self.verdict(UNDECIDED, text, conclusion, NAIVE, name)
        conclusion = "Nothing predicts the targets better than their mean"
        return self.verdict(NOT_PREDICTABLE, f"{reason}, margin {100 * MARGIN:.0f} %", conclusion, NAIVE, name)

    def decide_bound(self, reason: str, name: str) -> Verdict:
        """Return the verdict if the best network is better than all linear predictors here, of which `name` is best."""
        analytic = self.baselines.analytic
        high = self.losses.estimate(self.best).high
        if analytic is not None and high >= analytic - max(MARGIN * analytic, self.baselines.resolution):
            text = f"{reason}, but the analytic bound is {analytic:.3g}; {SEARCH}"
            conclusion = f"The {self.best} network is better than the linear predictors here, but not than the best one"
            return self.verdict(UNDECIDED, text, conclusion, name)
        least = min(each.low for each in self.gains.values())
        return self.verdict(NEEDED, reason, conclude_superior(self.best, least), name)

    def decide_equivalence(self, reason: str, name: str) -> Verdict:
        """Return the verdict if the best network is not better than a linear predictor by more than the margin."""
        conclusion = conclude_equivalent(self.best, self.label(name), self.compare(name), MARGIN)
        best = min(self.linear, key=lambda each: self.losses.values[each])
        beyond = self.relative_gain(self.losses.values[best], self.losses.values[NONLINEAR_BASELINE])
        if beyond > MARGIN:
            text = f"but the nonlinear baseline reaches {self.baselines.nonlinear:.3g}"
            more = "but the nonlinear baseline is better"
            return self.verdict(UNDECIDED, f"{reason}, {text}; {SEARCH}", f"{conclusion}, {more}", name)
        if self.sign:
            text, more = f"but there is more in the data: {self.sign}", "but a nonlinearity test finds more in the data"
            return self.verdict(UNDECIDED, f"{reason}, {text}; {SEARCH}", f"{conclusion}, {more}", name)
        if best == NAIVE:
            reason = f"{reason}; nothing is better than the {self.baselines.naive_method}"
        if self.is_rounding(name):
            reason = f"{reason}; differences of losses below {self.baselines.resolution:.1g} are rounding"
        return self.verdict(SUFFICES, reason, conclusion, name)

    def verdict(self, word: str, reason: str, conclusion: str, name: str, other: str = "") -> Verdict:
        """Return a verdict with its numbers, and with the origin of its uncertainty in words.

        It is that of the gain over the predictor `name`, of the best network or of the predictor `other`.
        """
        networks = [self.losses.values[each] for each in (LINEAR, *self.networks, self.best)]
        if not other and min(networks) > self.losses.values[NAIVE]:
            conclusion = add_naive(conclusion, self.baselines.naive_method or NAIVE)
        if not self.losses.has_steps:
            origin = "the interval does not contain the chance of the test split, whose step losses are not recorded"
            return Verdict(word, f"{reason} ({origin})", self.gains, conclusion=conclusion)
        share = self.data_share(name, other or self.best)
        if share is None:
            return Verdict(word, reason, self.gains, conclusion=conclusion)
        origin = f"{share * 100:.0f} % of the uncertainty is from the length of the test split, the rest from training"
        return Verdict(word, f"{reason} ({origin})", self.gains, share, conclusion)

    def label(self, name: str) -> str:
        """A linear predictor in words."""
        methods = {NAIVE: self.baselines.naive_method, LINEAR_BASELINE: self.baselines.linear_method}
        if name in (LINEAR, *self.networks):
            return f"the {name} network"
        return f"the {name} ({methods[name]})" if methods.get(name) else f"the {name}"

    def data_share(self, name: str, other: str) -> float | None:
        """Part of the variance of the logarithm of two losses' ratio that the test steps cause; None where it is 0."""
        data, training = (
            float(np.var(np.log(np.maximum(1 - self.relative_gain(each[name], each[other]), TINY))))
            for each in (self.losses.data, self.losses.training)
        )
        return data / (data + training) if data + training > 0 else None

    def compare(self, name: str) -> str:
        """Write the loss of the best network relative to that of a linear predictor."""
        if self.is_rounding(name):
            return "the same but for rounding"
        loss = self.losses.values[name]
        return difference(1 - self.losses.values[self.best] / loss if loss > 0 else -INFINITE)

    def is_rounding(self, name: str) -> bool:
        """Whether the loss of the best network differs by rounding alone from that of a linear predictor."""
        loss = self.losses.values[name]
        return loss < self.floor and abs(loss - self.losses.values[self.best]) < self.baselines.resolution

    def describe(self) -> str:
        """Write the losses and the gains."""
        losses = ", ".join(
            format_estimate(name, self.losses.estimate(name)) for name in (LINEAR, *self.networks, self.best)
        )
        gains = [f"{percent(self.gains[name])} over the {self.name_loss(name)}" for name in self.linear]
        return f"{losses}; gain of {self.best} {', '.join(gains)}, margin {100 * MARGIN:.0f} %"

    def name_loss(self, name: str) -> str:
        """A linear predictor, a baseline with its loss and, where step losses are recorded, the interval of that."""
        if name in (LINEAR, *self.networks):
            return f"{name} network"
        label = name if name != NAIVE else self.baselines.naive_method
        loss = self.losses.estimate(name)
        has_interval = self.losses.has_steps and loss.low < loss.high
        return format_estimate(label, loss, ", ") if has_interval else f"{label}, {loss.value:.3g}"

    def advise(self, name: str) -> str:
        """Write what would decide, where the gain over a linear predictor is undecided."""
        advice = self.suggest(name, self.best, self.gains[name], MARGIN)
        shortfall = self.relative_gain(self.losses.values[LINEAR], self.losses.values[LINEAR_BASELINE])
        if name == LINEAR or shortfall <= MARGIN:
            return advice
        return f"{advice}, or more trials or epochs: the linear network is not as good as the linear baseline"

    def suggest(self, name: str, other: str, gain: Estimate, goal: float) -> str:
        """Write whether more replicas or more rows would separate a gain of `other` over `name` from a value.

        The interval of the logarithm of the losses' ratio shrinks with the root of the number of rows.
        """
        share = self.data_share(name, other) if self.losses.has_steps else None
        if share is None or share < 0.5:
            return "more replicas (sweep.confirmation) may decide"
        end = gain.low if gain.value > goal else gain.high  # on the side of the goal
        value, limit, aim = (math.log(max(1 - max(each, LEAST_SHOWN), TINY)) for each in (gain.value, end, goal))
        factor = ((limit - value) / max(abs(aim - value), TINY)) ** 2
        rows = f"more than {MOST_ROWS}" if factor > MOST_ROWS else f"about {max(factor, 1.5):.2g}"
        return f"{rows} times as many rows may decide"
