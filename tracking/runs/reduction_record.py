"""The file of a reduction: what it reduces and how, and what was measured at each order."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from linrnn.training.trial_config import TrialConfig
from tracking.legacy_settings import parse_params
from tracking.runs.artifacts import json_file

if TYPE_CHECKING:
    from linrnn.analysis.reduction import Reduction


@dataclass(frozen=True)
class ReductionRequest:
    """What a reduction reduces, and how.

    Parameters
    ----------
    run_id : str
        Run of the trial whose network is reduced.
    params : mapping of str to str
        Its config as flat text.
    replica : int
        Which of its replicas.
    order : int or None
        The hidden size asked for; None for the smallest one within the margin.
    margin : float
        Largest relative increase of the validation loss.
    """

    run_id: str
    params: Mapping[str, str]
    replica: int
    order: int | None
    margin: float

    @property
    def config(self) -> TrialConfig:
        """The config of the trial."""
        return parse_params(self.params)


def reduction_file(request: ReductionRequest, reduction: Reduction) -> bytes:
    """Return a reduction as JSON; numbers that are not finite are null."""
    return json_file({"request": asdict(request), **reduction_values(reduction)})


def reduction_values(reduction: Reduction) -> dict[str, Any]:
    """Return what was measured, without the network."""
    values = {field.name: getattr(reduction, field.name) for field in fields(reduction)}
    orders = [{name: plain_number(value) for name, value in each._asdict().items()} for each in reduction.orders]
    numbers = {name: plain_number(value) for name, value in values.items() if isinstance(value, int | float)}
    return {**numbers, "singular_values": list(reduction.singular_values), "orders": orders}


def parse_request(content: bytes) -> ReductionRequest:
    """Return what the reduction in such a file reduces."""
    return ReductionRequest(**json.loads(content)["request"])


def is_exact_reduction(content: bytes) -> bool:
    """Return whether the reduction in such a file reduced the network itself, not an approximation."""
    return bool(json.loads(content).get("is_exact", True))


def plain_number(value: float) -> float | None:
    """Return a number; None if it is not finite, for which JSON has no number."""
    return value if math.isfinite(value) else None
