"""Statistics, the verdict, predictions, bitwise comparison of trials, and trained networks as linear systems.

The functions of linear systems and of trained networks are public; they are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import lazy_attributes

if TYPE_CHECKING:
    from linrnn.analysis.characterisation import Characterisation as Characterisation
    from linrnn.analysis.characterisation import characterise as characterise
    from linrnn.analysis.distortion import harmonic_distortion as harmonic_distortion
    from linrnn.analysis.distortion import superposition_index as superposition_index
    from linrnn.analysis.fixed_point_search import FixedPoint as FixedPoint
    from linrnn.analysis.fixed_point_search import fixed_points as fixed_points
    from linrnn.analysis.hankel import Gramians as Gramians
    from linrnn.analysis.hankel import UnstableSystemWarning as UnstableSystemWarning
    from linrnn.analysis.hankel import controllability_gramian as controllability_gramian
    from linrnn.analysis.hankel import gramians as gramians
    from linrnn.analysis.hankel import hankel_singular_values as hankel_singular_values
    from linrnn.analysis.hankel import minimal_order as minimal_order
    from linrnn.analysis.hankel import observability_gramian as observability_gramian
    from linrnn.analysis.linear_approximation import LinearApproximation as LinearApproximation
    from linrnn.analysis.linear_approximation import best_linear_approximation as best_linear_approximation
    from linrnn.analysis.linear_system import StateSpace as StateSpace
    from linrnn.analysis.linear_system import collapse as collapse
    from linrnn.analysis.linear_system import recurrence_system as recurrence_system
    from linrnn.analysis.linear_system import state_space as state_space
    from linrnn.analysis.linearization import Linearization as Linearization
    from linrnn.analysis.linearization import linearize as linearize
    from linrnn.analysis.linearization import unit_slopes as unit_slopes
    from linrnn.analysis.memory import memory_capacity as memory_capacity
    from linrnn.analysis.responses import dc_gain as dc_gain
    from linrnn.analysis.responses import frequency_response as frequency_response
    from linrnn.analysis.responses import group_delay as group_delay
    from linrnn.analysis.responses import impulse_response as impulse_response
    from linrnn.analysis.responses import step_response as step_response
    from linrnn.analysis.spectrum import TransientGrowth as TransientGrowth
    from linrnn.analysis.spectrum import henrici_departure as henrici_departure
    from linrnn.analysis.spectrum import pole_conditions as pole_conditions
    from linrnn.analysis.spectrum import pole_frequencies as pole_frequencies
    from linrnn.analysis.spectrum import poles as poles
    from linrnn.analysis.spectrum import power_norms as power_norms
    from linrnn.analysis.spectrum import spectral_radius as spectral_radius
    from linrnn.analysis.spectrum import time_constants as time_constants
    from linrnn.analysis.spectrum import transient_growth as transient_growth
    from linrnn.analysis.system_properties import SystemProperties as SystemProperties
    from linrnn.analysis.system_properties import describe_system as describe_system
    from linrnn.analysis.time_gradients import gradient_norms as gradient_norms
    from linrnn.analysis.truncation import balanced_truncation as balanced_truncation
    from linrnn.analysis.truncation import delay_output as delay_output
    from linrnn.analysis.truncation import reduce_network as reduce_network
    from linrnn.analysis.truncation import to_network as to_network
    from linrnn.analysis.truncation import truncation_error_bounds as truncation_error_bounds

_NAMES = {
    "characterisation": "Characterisation characterise",
    "distortion": "harmonic_distortion superposition_index",
    "fixed_point_search": "FixedPoint fixed_points",
    "linear_approximation": "LinearApproximation best_linear_approximation",
    "linearization": "Linearization linearize unit_slopes",
    "system_properties": "SystemProperties describe_system",
    "linear_system": "StateSpace collapse recurrence_system state_space",
    "spectrum": "TransientGrowth henrici_departure pole_conditions pole_frequencies poles power_norms spectral_radius "
    "time_constants transient_growth",
    "responses": "dc_gain frequency_response group_delay impulse_response step_response",
    "hankel": "Gramians UnstableSystemWarning controllability_gramian gramians hankel_singular_values minimal_order "
    "observability_gramian",
    "memory": "memory_capacity",
    "time_gradients": "gradient_norms",
    "truncation": "balanced_truncation delay_output reduce_network to_network truncation_error_bounds",
}
_PATHS = {name: f"linrnn.analysis.{module}:{name}" for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_PATHS)
__getattr__ = lazy_attributes(__name__, _PATHS)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
