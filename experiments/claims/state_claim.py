"""Claim (a): the state is a linear combination of the inputs so far and the initial state."""

from __future__ import annotations

import numpy as np

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Numbers, Results, Trials
from experiments.claims.claim_figures import draw_amplitudes
from experiments.claims.evidence_configs import letter_config
from experiments.report.table import Table
from linrnn.analysis.distortion import superposition_index
from linrnn.analysis.linear_system import state_space
from linrnn.analysis.replica_networks import build_replicas
from linrnn.analysis.statistics import quartiles
from linrnn.analysis.unrolling import affine_share, unrolling_error

SENTENCE = "Its state is a linear combination of the inputs so far and the initial state: an iterated linear map."
CAPTION = (
    "Superposition index of the networks that were trained on the sine, on white noise, by its amplitude: how far the "
    "response to a sum is from the sum of the responses, relative to it; median and quartiles over seeds. A linear "
    "network has rounding errors only; a tanh network is nearly linear at small amplitudes."
)
MODELS = ("linear", "tanh")
STEPS = 40
AMPLITUDES = (0.001, 0.01, 0.1, 1.0, 10.0)
ROUNDING = 1e-9  # in float64
HEADER = ("model", "amplitude", "median", "first quartile", "third quartile")


def list_trials(budget: Budget) -> Trials:
    """Return the sine of claim (e), for both model types."""
    return {model: letter_config(model, budget) for model in MODELS}


def measure(results: Results) -> Measurement:
    """Compare the recurrence with the sum over all inputs, and responses to sums with sums of responses."""
    generator = np.random.default_rng(0)
    first, second = generator.standard_normal((2, STEPS, 1, 1))
    networks = {model: build_replicas(result.config, result.history) for model, result in results.items()}
    starts = generator.standard_normal((len(networks["linear"]), results["linear"].config.model.hidden_size))
    errors = [
        unrolling_error(network, state_space(network, start), first[:, 0])
        for network, start in zip(networks["linear"], starts, strict=True)
    ]
    indices = {
        model: np.array([superposition_index(network, first, second, AMPLITUDES) for network in each])
        for model, each in networks.items()
    }
    numbers = {
        "largest relative difference of states, recurrence and sum": max(errors),
        "superposition index of linear, largest": float(indices["linear"].max()),
        "the same with its biases, median": float(
            np.median([affine_share(network, first, second) for network in networks["linear"]])
        ),
        **{
            f"superposition index of tanh, amplitude {amplitude:g}, median": float(np.median(values))
            for amplitude, values in zip(AMPLITUDES, indices["tanh"].T, strict=True)
        },
    }
    rows = [
        (model, amplitude, *(quartiles(values)[k] for k in (1, 0, 2)))
        for model in MODELS
        for amplitude, values in zip(AMPLITUDES, indices[model].T, strict=True)
    ]
    return Measurement(*decide(numbers), numbers, Table(HEADER, rows))


def decide(numbers: Numbers) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal."""
    error, index, share, *by_amplitude = (float(np.ravel(value)[0]) for value in numbers.values())
    small, large = by_amplitude[AMPLITUDES.index(0.001)], by_amplitude[AMPLITUDES.index(1.0)]
    reversal = (
        f"with tanh at inputs of amplitude 1 (superposition index {large:.2g}), not at small ones (0.001: {small:.2g})"
    )
    if max(error, index) > ROUNDING:
        return ClaimVerdict.FAILS, f"states differ by {error:.2g}, superposition index {index:.2g}", reversal
    if share < ROUNDING:
        return ClaimVerdict.HOLDS, f"states differ by {error:.2g} in float64", reversal
    condition = (
        f"the biases count as one more input, which is always 1: then states differ by {error:.1g}, rounding; without "
        f"it the map is affine, and superposition fails by {share:.2g}"
    )
    return ClaimVerdict.HOLDS_IF, condition, reversal


CLAIM = Claim("a", "its state is an iterated linear map", SENTENCE, list_trials, measure, draw_amplitudes, CAPTION)
