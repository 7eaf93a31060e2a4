"""The networks of a trial as modules."""

from __future__ import annotations

import numpy as np
import torch

from linrnn.models.model import unflatten
from linrnn.models.network import Network, build_network
from linrnn.training.history import TrainingHistory
from linrnn.training.trial_config import TrialConfig


def build_replicas(config: TrialConfig, history: TrainingHistory) -> list[Network]:
    """The networks of all replicas that have not diverged, with their last weights, in float64.

    Parameters
    ----------
    config : TrialConfig
    history : TrainingHistory
        The result of its training.

    Returns
    -------
    list of Network
        At most S.
    """
    sizes = config.model.sizes(history.shapes)
    networks = []
    for row in history.weights[~history.diverged]:
        network = build_network(config.model, *sizes).double()
        state = {name: value[0] for name, value in unflatten(row[None].astype(np.float64), history.shapes).items()}
        network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        networks.append(network)
    return networks
