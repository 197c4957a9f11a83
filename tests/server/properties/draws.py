"""How a property is tried: on a few draws at every run, and on many more in the slow one.

    @draws(60, 700)
    def test_nothing_breaks(count):
        came = tried(count, strategy, check)
        assert share(came, "something rare") >= 0.05

A property says nothing of what is never drawn, so each test also asks how often its draws came to what the property is
about. What is drawn depends on which modules are imported (Hypothesis takes constants from their source), so such a bar
lies well below what is usual.
"""

import pytest
from hypothesis import given, seed, settings

ROUND = 10
"""Draws at a time. After ten Hypothesis goes over to variations of the last one, so that many are few in truth."""


def draws(few, many):
    """Runs a test on a few draws, and as a slow one on many."""
    return pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.slow)])


def tried(count, strategy, check, **how):
    """What a check returns on so many draws. It fails where the check does, on the simplest draw that makes it."""
    came = []
    for number in range(count // ROUND):

        @seed(number)
        @settings(max_examples=ROUND, **how)
        @given(strategy)
        def each(drawn):
            came.append(check(*drawn))

        each()
    return came


def share(came, what):
    """The share of the draws that came to this."""
    return sum(what in one for one in came) / len(came)
