"""The scenario of a test seed, with the truth about every proposal: for the figures and the oracle, for no other agent.

scenario("hard", 1_000_007).proposal["PROP-003"].is_wrong
"""

from __future__ import annotations

from functools import lru_cache

from synth_audit_env.server.scenario import Scenario, build_scenario
from synth_audit_env.server.tasks import TIERS, rhetoric_of, split_of

KEPT = 1024
"""Scenarios that a process keeps, about 0.2 MB each: every agent plays them, and the default run has 800."""


@lru_cache(maxsize=KEPT)
def scenario(tier: str, seed: int) -> Scenario:
    """What a seed is in a tier."""
    split, _ = split_of(seed)
    return build_scenario(TIERS[tier], seed, rhetoric_of(split))
