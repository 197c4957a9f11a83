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
    gambles._best.cache_clear()
    yield
    gambles._best.cache_clear()


@pytest.mark.parametrize(
    ("event", "amount"), [(reward_model.FALSE_POSITIVE, -50), (reward_model.CORRECT_FLAG, 900)], ids=str
)
def test_a_planted_reward_bug_is_found_by_gambles(event, amount, monkeypatch):
    """False alarms that cost little, or right flags that pay for all false alarms."""
    monkeypatch.setitem(reward_model.REWARDS, event, amount)
    for name, tier in TIERS.items():
        figure = gambles.gambling(tier, gambles.plain_return, farming=True)
        assert not at_most(BEST_BLIND[name]).met(degenerate.Interval.exact(figure)), name


def test_no_strategy_beats_the_best_move_and_nobody_has_skill():
    tier = TIERS["easy"]
    assert gambles.gambling(tier, gambles.skill) < 0.02
    plain, farmed = (gambles.gambling(tier, gambles.plain_return, farming=one) for one in (False, True))
    assert plain <= farmed < 0
    assert gambles.claiming(tier, -0.1) == 0.0
    assert gambles.claiming(tier, 0.01) == pytest.approx(0.01 * sum(tier.proposals) / 2)


def test_the_best_move_returns_what_was_computed():
    """Played by hand on drawn labels."""
    rng, count, returns = random.Random(1), 5, []
    best = gambles._best(count, gambles.plain_return, False)
    for _ in range(4000):
        labels = [rng.random() < WRONG_SHARE for _ in range(count)]
        if all(labels):
            labels[0] = False
        so_far, left = gambles.Decided(), list(labels)
        looked = None
        while left:
            _, move = best(so_far)
            if move in ("stop", "look and stop"):
                looked = move != "stop"
                break
            so_far, _ = so_far.after(move, wrong=left.pop(0))
        returns.append(gambles.plain_return(gambles.Ending(*so_far[:4], sum(left), len(left) - sum(left), looked)))
    assert sum(returns) / len(returns) == pytest.approx(best(gambles.Decided())[0], abs=0.03)
