"""The registry of claims, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import Registry

if TYPE_CHECKING:
    from experiments.claims.claim import Claim

CLAIMS: Registry[Claim] = Registry(
    "claim",
    {
        "a": "experiments.claims.state_claim:CLAIM",
        "b": "experiments.claims.depth_claim:CLAIM",
        "c": "experiments.claims.range_claim:CLAIM",
        "d": "experiments.claims.gradient_claim:CLAIM",
        "e": "experiments.claims.sine_claim:CLAIM",
        "f": "experiments.claims.size_claim:CLAIM",
    },
)
