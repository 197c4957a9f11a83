"""Games against independent labels: by hand, forwards and backwards, and as the scripts play them."""

from dataclasses import replace

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.blind import gambles
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE, GAMBLES
from synth_audit_env.validation.blind.gambles import Decided
from synth_audit_env.validation.episodes import play_episode, scenario

TWO = replace(TIERS["easy"], proposals=(2, 2))
"""None is wrong with 0.49, one of them with 0.51."""


def test_the_best_game_of_two_proposals_by_hand():
    """Approve both; if the first was wrong the other is not."""
    first_is_right = 1 - 0.51 / 2
    second_is_approved_rightly = 0.49 + 0.51 / 2
    best = first_is_right + second_is_approved_rightly
    assert gambles.gambling(TWO, lambda ending: float(ending.caught + ending.cleared)) == pytest.approx(best)


def test_a_strategy_for_two_proposals_by_hand():
    """Farm and flag the first; approve the second where that was right, else stop."""
    played = gambles.playing(TWO, GAMBLES["farm, one bet"], gambles.farmed_return)
    # Right: 0.3 + 0.22 + 0.15 of one approval, at skill 1, + 0.1 all decided + 0.1 report + 0.06 - 0.003 for one look.
    right = 0.3 + 0.22 + 0.15 + 0.1 + 0.1 + 0.06 - 0.003 - 0.0055 - 3 * 0.003
    # Where the first was right the second is wrong with 0.255 of 0.745, and costs as much undecided as approved.
    false = -0.25 - 0.0055 - 3 * 0.003 - 0.2 * (0.51 / 2) / (1 - 0.51 / 2)
    # Not looked at: with nothing wrong one of two was flagged and none approved, which is a score of nothing.
    assert played.mean == pytest.approx(0.51 / 2 * right + (1 - 0.51 / 2) * false)


def test_evidence_waits_while_false_alarms_are_as_many_as_right_flags():
    behind, paid = Decided(accused=1).after("farm and flag", wrong=True)
    assert (behind, paid) == (Decided(1, 1, 0, 0, waiting=1), 0)
    assert behind.after("farm and flag", wrong=True) == (Decided(2, 1, 0, 0), 2)
    assert behind.after("flag", wrong=True) == (Decided(2, 1, 0, 0), 1)
    assert behind.after("approve", wrong=True) == (Decided(1, 1, 1, 0, waiting=1), 0)


@pytest.mark.parametrize("tier", ["easy", "medium"])
def test_forwards_is_backwards(tier):
    most = gambles.gambling(TIERS[tier], gambles.plain_return, farming=True)
    assert gambles.playing(TIERS[tier], gambles.best_move, gambles.farmed_return).mean == pytest.approx(most)


def test_no_strategy_is_above_the_best_game():
    for tier in (TIERS["easy"], TIERS["medium"]):
        most = gambles.gambling(tier, gambles.plain_return, farming=True)
        for name, strategy in GAMBLES.items():
            assert gambles.playing(tier, strategy, gambles.farmed_return).mean <= most + 1e-12, name


def test_without_evidence_there_is_no_skill_to_be_had():
    assert max(gambles.gambling(tier, gambles.skill) for tier in (TIERS["easy"], TIERS["medium"])) < 0.02


def test_evidence_that_were_paid_at_once_would_be_farmed(monkeypatch):
    """The rule that evidence waits is what keeps farming from adding to the best game."""

    def farmed():
        gambles._best.cache_clear()
        return gambles.gambling(TIERS["medium"], gambles.plain_return, farming=True)

    held_back = farmed()
    after = Decided.after

    def at_once(so_far, move, *, wrong):
        following, _ = after(so_far, move, wrong=wrong)
        return following._replace(waiting=0), int(wrong and move == "farm and flag")

    monkeypatch.setattr(Decided, "after", at_once)
    at_once_worth = farmed()
    monkeypatch.undo()
    assert farmed() == held_back
    assert at_once_worth > held_back + 0.001


def decisions(strategy, labels):
    """What a strategy decides where these are wrong."""
    so_far, made = Decided(), []
    for wrong in labels:
        move = strategy(len(labels), so_far)
        if "stop" in move:
            break
        made.append("approved" if move == "approve" else "flagged")
        so_far, _ = so_far.after(move, wrong=wrong)
    return made + ["pending"] * (len(labels) - len(made))


@pytest.mark.parametrize("name", GAMBLES)
def test_the_scripts_play_their_strategies(name):
    for tier, index in (("easy", 0), ("easy", 1), ("easy", 2), ("easy", 3), ("expert", 0), ("expert", 1)):
        proposals = scenario(tier, "test", index).proposals
        outcome = play_episode(DEGENERATE[name], tier, "test", index).outcome
        expected = decisions(GAMBLES[name], [proposal.is_wrong for proposal in proposals])
        assert [one.decision for one in outcome.proposals] == expected
