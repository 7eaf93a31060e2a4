"""What a trained network is as a dynamical system, in one value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from linrnn.analysis.distortion import harmonic_distortion, superposition_index
from linrnn.analysis.fixed_point_search import fixed_points
from linrnn.analysis.linear_approximation import best_linear_approximation
from linrnn.analysis.linear_system import StateSpace, collapse, recurrence_system, state_space
from linrnn.analysis.linearization import unit_slopes
from linrnn.analysis.network_response import respond, walk
from linrnn.analysis.spectrum import Complex
from linrnn.analysis.system_properties import SystemProperties, describe_system
from linrnn.analysis.time_gradients import gradient_norms
from linrnn.baseline.baselines import limit_blas
from linrnn.data.sequences import Array, Sequences
from linrnn.models.elman import Elman
from linrnn.models.model import LinearPart

if TYPE_CHECKING:
    from linrnn.models.network import Network

STEPS = 100  # of responses, gradients and inputs, at most
SEQUENCES = 4  # of the inputs, at most
STARTS = 4  # states from which fixed points are searched, beside the zero state
AMPLITUDES = np.logspace(-2, 1, 10)  # of the inputs, relative to the task's own
PERIODS = (4, 64)  # steps of a sine whose distortion is measured
SETTLING = 500  # steps before it, at least
TINY = np.finfo(float).tiny
NO_SYSTEM = StateSpace(*(np.zeros((0, 0)),) * 4)


@dataclass(frozen=True, eq=False)
class Characterisation:
    """A trained network as a dynamical system.

    d state variables, I inputs, O outputs. For a linear network, A to `initial_state` are the network itself. For one
    with a linear recurrence and a nonlinear readout they are the recurrence, whose outputs are what the hidden layer of
    the readout reads. For other types they are its linearization at the most stable fixed point under the mean input,
    and empty without one.

    Parameters
    ----------
    model : str
        Model type.
    replica : int
        Number of the network among the replicas of its trial.
    linear_part : str
        What of the network the system is, a `LinearPart`: `network`, `recurrence`, or `none` for a linearization.
    A, B, C, D, state_offset, output_offset, initial_state : array
        The state space, as in `StateSpace`.
    simulation_error : float
        Largest difference between the outputs of the network and of its state space, in which a stack is one layer,
        relative to the largest output; nan for a linearization. Of a recurrence, after the readout.
    kernel : array (N, O, I)
        Best linear approximation on the task's own inputs; empty where these are too few.
    center : array (I,)
        Mean input.
    nonlinear_share : float
        Share of the output's variance that the kernel does not explain; nan where there is none.
    baseline_kernel : array (L, O, I)
        Least squares of the targets on the inputs, which a linear network should approach; empty for classes.
    gradient_norms : array (K + 1,)
        Norm of dh_T / dh_{T-k}, median over sequences of the task's own inputs.
    amplitudes : array (A,)
        Of the inputs, relative to the task's own.
    superposition_index, harmonic_distortion : array (A,)
        Measures of nonlinearity for each amplitude.
    period : int
        Steps of the sine whose distortion is measured.
    fixed_points : array (P, d)
        States that the mean input does not change; none for linear networks.
    fixed_point_poles : array (P, d)
        Eigenvalues of the linearization at each of them.
    unit_slopes : array (L, H)
        Mean slope of each unit over the task's own inputs; empty where units have none.
    """

    model: str
    replica: int
    linear_part: str
    A: Array
    B: Array
    C: Array
    D: Array
    state_offset: Array
    output_offset: Array
    initial_state: Array
    simulation_error: float
    kernel: Array
    center: Array
    nonlinear_share: float
    baseline_kernel: Array
    gradient_norms: Array
    amplitudes: Array
    superposition_index: Array
    harmonic_distortion: Array
    period: int
    fixed_points: Array
    fixed_point_poles: Complex
    unit_slopes: Array

    @cached_property
    def system(self) -> StateSpace:
        """The network, its recurrence or its linearization as a linear system; without states if there is none."""
        return StateSpace(self.A, self.B, self.C, self.D, self.state_offset, self.output_offset, self.initial_state)

    @cached_property
    def properties(self) -> SystemProperties:
        """Poles, responses and further properties of the system."""
        return describe_system(self.system, STEPS)

    @property
    def is_linear(self) -> bool:
        """Whether the system is the network itself."""
        return self.linear_part == LinearPart.NETWORK


def characterise(network: Network, sequences: Sequences, baseline_kernel: Array, replica: int = 0) -> Characterisation:
    """Characterise a trained network as a dynamical system.

    Parameters
    ----------
    network : Network
        A network of any model type; its weights are used in float64.
    sequences : Sequences
        Sequences of its task, of which the inputs are used: those of the validation split.
    baseline_kernel : array (L, O, I)
        Kernel of the linear baseline, to stand beside that of the network.
    replica : int, default 0
        Number of the network among the replicas of its trial.

    Returns
    -------
    Characterisation

    References
    ----------
    Kailath (1980); Sussillo & Barak (2013); Pintelon & Schoukens (2012): see the functions that it calls.
    """
    inputs, center = sequences.inputs[:STEPS, :SEQUENCES], sequences.inputs.mean(axis=(0, 1))
    part = network.model.linear_part
    with limit_blas():
        is_linear = part == LinearPart.NETWORK
        points = [] if is_linear else fixed_points(network, center, start_states(network, inputs))
        system = exact_system(network) or (points[0].linearization.system if points else NO_SYSTEM)
        return Characterisation(
            model=network.model.name,
            replica=replica,
            linear_part=str(part),
            **{field.name: getattr(system, field.name) for field in fields(StateSpace)},
            simulation_error=nan if part == LinearPart.NONE else compare_with_system(network, system, inputs),
            **approximate(network, sequences.inputs),
            center=center,
            baseline_kernel=baseline_kernel,
            gradient_norms=np.median(gradient_norms(network, len(inputs), inputs), axis=1),
            **measure_distortions(network, inputs - center, center),
            fixed_points=np.array([point.state for point in points]),
            fixed_point_poles=np.array([point.linearization.poles for point in points]),
            unit_slopes=slopes_by_layer(network, inputs),
        )


def start_states(network: Network, inputs: Array) -> Array:
    """Return states from which fixed points are searched, `(N, d)`: zero, and some that inputs `(T, B, I)` lead to."""
    states = walk(network, inputs)
    visits = states.reshape(-1, states.shape[2])
    return np.concatenate([np.zeros_like(visits[:1]), visits[:: max(len(visits) // STARTS, 1)][:STARTS]])


def exact_system(network: Network) -> StateSpace | None:
    """Return the linear system that a network, or its recurrence, is; None where neither is linear."""
    match network.model.linear_part:
        case LinearPart.NETWORK:
            return state_space(network)
        case LinearPart.RECURRENCE:
            return recurrence_system(network)
    return None


def compare_with_system(network: Network, system: StateSpace, inputs: Array) -> float:
    """Return the largest difference between the outputs of a network and of a system, relative to the largest output.

    A stack is also compared with the network of one layer that it collapses to. The outputs of a recurrence go through
    the readout of the network.
    """
    outputs, simulation = respond(network, inputs), system.simulate(inputs)
    if network.model.linear_part == LinearPart.RECURRENCE:
        C, c = (network.get_parameter(name).detach().double().numpy() for name in "Cc")
        others = [np.tanh(simulation) @ C.T + c]
    else:
        others = [simulation, respond(collapse(network), inputs)]
    return float(max(np.abs(outputs - other).max() for other in others) / max(np.abs(outputs).max(), TINY))


def approximate(network: Network, inputs: Array) -> dict[str, Any]:
    """Return kernel and nonlinear share of the best linear approximation; none where the inputs are too few."""
    try:
        best = best_linear_approximation(network, inputs)
    except ValueError:
        return {"kernel": np.empty((0, network.output_size, network.input_size)), "nonlinear_share": nan}
    return {"kernel": best.kernel, "nonlinear_share": best.nonlinear_share}


def measure_distortions(network: Network, deviations: Array, center: Array) -> dict[str, Any]:
    """Return superposition index and harmonic distortion by amplitude, for deviations `(T, B, I)` from a center.

    The second input of the superposition is the first one a third of its length later.
    """
    period = dominant_period(deviations[:, :, 0])
    sizes = AMPLITUDES * np.sqrt(2) * deviations[:, :, 0].std()
    later = np.roll(deviations, len(deviations) // 3, axis=0)
    return {
        "amplitudes": AMPLITUDES,
        "superposition_index": superposition_index(network, deviations, later, tuple(AMPLITUDES), center),
        "period": period,
        "harmonic_distortion": harmonic_distortion(
            network, period, tuple(sizes), center, settling=2 + SETTLING // period
        ),
    }


def dominant_period(series: Array) -> int:
    """Return the period with the largest power in series `(T, B)`, in steps, within PERIODS."""
    power = np.square(np.abs(np.fft.rfft(series, axis=0))).sum(axis=1)
    return int(np.clip(round(len(series) / max(int(power.argmax()), 1)), *PERIODS))


def slopes_by_layer(network: Network, inputs: Array) -> Array:
    """Return the mean slope of each unit `(L, H)` over inputs; empty where units have none."""
    return unit_slopes(network, inputs) if isinstance(network.model, Elman) else np.empty((0, 0))
