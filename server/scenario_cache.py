"""The episodes that were asked for last, kept for the sessions that play the same ones: the rollouts of a group do.

    scenario = all_parts(shared_in_parts(TIERS["hard"], 42, "train", None))
    scenario = await turns.take(shared_in_parts(TIERS["hard"], 42, "train", None))

A scenario never changes, so that sessions can play the same one and know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Generator
from threading import Lock

from .world.scenario import Scenario, scenario_in_parts
from .world.tasks import Tier

SHARED_SCENARIOS = 64
"""How many are kept, about 0.2 MB each, of the last level of the frontier 1.3 MB."""
_kept: dict[tuple[Tier, int, str, tuple[str, ...] | None], Scenario] = {}
"""The one that was asked for the longest ago first."""
_keeping = Lock()


def shared_in_parts(
    tier: Tier, seed: int, voices: str, kinds: tuple[str, ...] | None
) -> Generator[None, None, Scenario]:
    """Make what `scenario_in_parts` makes, unless it is still there."""
    asked = (tier, seed, voices, kinds)
    with _keeping:
        found = _kept.pop(asked, None)
        if found is not None:
            _kept[asked] = found
            return found
    found = yield from scenario_in_parts(tier, seed, voices, kinds)
    with _keeping:
        _kept.pop(asked, None)  # it may have been built twice at a time
        while len(_kept) >= SHARED_SCENARIOS:
            del _kept[next(iter(_kept))]
        _kept[asked] = found
    return found
