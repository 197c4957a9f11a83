"""Which episodes are still there when they are asked for again."""

from __future__ import annotations

import pytest

from synth_audit_env.server import scenario_cache
from synth_audit_env.server.scenario_cache import shared_in_parts
from synth_audit_env.server.world.scenario import all_parts
from synth_audit_env.server.world.tasks import TIERS


@pytest.fixture(autouse=True)
def three_are_kept(monkeypatch):
    monkeypatch.setattr(scenario_cache, "SHARED_SCENARIOS", 3)
    monkeypatch.setattr(scenario_cache, "_kept", {})


def easy(seed):
    return all_parts(shared_in_parts(TIERS["easy"], seed, "train", None))


def test_what_is_asked_for_again_and_again_outlives_what_was_asked_for_once():
    played_by_a_group = easy(0)
    for seed in range(1, 10):
        easy(seed)
        assert easy(0) is played_by_a_group


def test_the_one_that_was_asked_for_the_longest_ago_goes_first():
    first, second = easy(0), easy(1)
    easy(2)
    assert easy(0) is first
    easy(3)
    assert easy(0) is first
    rebuilt = easy(1)
    assert rebuilt is not second
    assert rebuilt == second
