"""A reward table that pays play without evidence fails the certificate; gambles and ceilings are worked out right."""

import random

import pytest

from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.world.scenario import WRONG_SHARE
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation import degenerate, gambles
from synth_audit_env.validation.certificate import at_most
from synth_audit_env.validation.degenerate import BEST_BLIND


@pytest.fixture(autouse=True)
def fresh():
    """Nothing that was worked out from another reward table is left."""
    worked_out = (gambles._best, gambles.plain_return)
    for function in worked_out:
        function.cache_clear()
    yield
    for function in worked_out:
        function.cache_clear()


@pytest.mark.parametrize(
    ("event", "amount"), [(reward_model.FALSE_POSITIVE, -50), (reward_model.CORRECT_FLAG, 900)], ids=str
)
def test_a_planted_reward_bug_is_found_by_gambles(event, amount, monkeypatch):
    """False alarms that cost little, or right flags that pay for all false alarms."""
    monkeypatch.setitem(reward_model.REWARDS, event, amount)
    for name, tier in TIERS.items():
        figure = gambles.gambling(tier)
        assert not at_most(BEST_BLIND[name]).met(degenerate.Interval.exact(figure)), name


def test_the_best_move_returns_what_was_computed():
    """Played by hand on drawn labels."""
    rng, count, returns = random.Random(1), 5, []
    best = gambles._best(count)
    for _ in range(4000):
        labels = [rng.random() < WRONG_SHARE for _ in range(count)]
        if all(labels):
            labels[0] = False
        so_far, left, earned = gambles.Decided(), list(labels), 0.0
        while (move := best(so_far)[1]) not in ("stop", "look and stop"):
            so_far, paid = so_far.after(move, wrong=left.pop(0))
            earned += gambles.EVIDENCE * paid - gambles.LOOKING * (move == "farm and flag")
        ending = gambles.Ending(*so_far[:4], sum(left), len(left) - sum(left), looked=move == "look and stop")
        returns.append(earned + gambles.plain_return(ending))
    assert sum(returns) / len(returns) == pytest.approx(best(gambles.Decided())[0], abs=0.03)
