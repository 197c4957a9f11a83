"""Usages add up, and an unknown part makes the sum unknown."""

from __future__ import annotations

from synth_audit_env.chat.completion import Usage


def test_usages_add_up() -> None:
    assert Usage(1, 2, 0.5) + Usage(10, 20, 0.25) == Usage(11, 22, 0.75)
    assert sum([Usage(1, 2, 0.5)], Usage()) == Usage(1, 2, 0.5)


def test_an_unknown_cost_stays_unknown() -> None:
    assert Usage(1, 2, None) + Usage(10, 20, 0.25) == Usage(11, 22, None)
    assert Usage(1, 2, 0.5) + Usage(10, 20, None) == Usage(11, 22, None)
