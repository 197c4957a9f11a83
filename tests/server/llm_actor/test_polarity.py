"""What a text turns round: a word that only one of two notes denies, and opposites that change sides."""

import pytest

from synth_audit_env.server.llm_actor.polarity import turned
from synth_audit_env.tests.server.llm_actor.paraphrases import PARAPHRASES


@pytest.mark.parametrize(
    ("script", "told", "words"),
    [
        ("§4.2 applies here.", "§4.2 does not apply here.", ("apply",)),
        ("§4.2 isn't something I'd chase.", "§4.2 is something I'd chase.", ("chase", "something")),
        ("The dates did not agree.", "The dates agreed.", ("agreed",)),
        ("Stage III disease meets that description.", "Stage III disease fails that description.", ("fails",)),
        ("The start is within the window.", "The start is not within the window.", ("window", "within")),
        ("§5.4 lifts §5.3.", "§5.4 keeps §5.3.", ("keeps",)),
        ("The 8 days are deducted.", "The 8 days are added.", ("added",)),
        ("Two bounds, 18 below and 90 above.", "Two bounds, 18 above and 90 above.", ("above",)),
        ("It is under the limit.", "It is over the limit.", ("over",)),
    ],
)
def test_a_turn_is_found_either_way(script, told, words):
    assert turned(script, told) == words
    assert turned(told, script)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("The start does not exceed it.", "It isn't exceeded by the start."),
        ("No one is safer for it.", "Nobody is safer for it."),
        ("§4.2 applies, and I see no cause to stop.", "I see no cause to stop, as §4.2 applies."),
        ("It is not late, so go on.", "Go on: it is not late."),
        ("The bound is upper.", "That is the maximum."),
        ("I have no objection. The safety desk has no objection.", "I have no objection."),
    ],
)
def test_what_says_the_same_is_none(script, told):
    assert turned(script, told) == ()


def test_a_paraphrase_turns_nothing_round():
    assert [found for script, _, text in PARAPHRASES if (found := turned(script, text))] == []
