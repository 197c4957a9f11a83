"""What a model is told: enough to word a note, and nothing by which right and wrong proposals differ."""

import re
from functools import cache

from synth_audit_env.server.llm_actor.brief import opening
from synth_audit_env.server.llm_actor.fidelity import must_stay
from synth_audit_env.server.llm_actor.vocabulary import NOT_SAID, matching
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

EPISODES = 6


@cache
def proposals():
    return [
        proposal
        for tier in TIERS.values()
        for number in range(EPISODES)
        for proposal in build_scenario(tier, number, "test" if number % 2 else "train").proposals
    ]


def test_it_holds_the_note_what_stays_and_the_recommendation():
    for proposal in proposals():
        system, asked = opening(proposal.note)
        assert [system["role"], asked["role"]] == ["system", "user"]
        assert proposal.note.reasoning in asked["content"]
        assert proposal.note.recommended_action in asked["content"]
        assert all(claim in asked["content"] for claim in must_stay(proposal.note))


def test_no_number_goes_in_that_the_note_does_not_have():
    """So no value of the record, none of the protocol, and nothing of the reading's trace on this record."""
    for proposal in proposals():
        asked = opening(proposal.note)[1]["content"]
        assert set(re.findall(r"\d+", asked)) == set(re.findall(r"\d+", proposal.note.reasoning))


def test_the_truth_is_not_told_in_words():
    for proposal in proposals():
        text = " ".join(message["content"] for message in opening(proposal.note))
        text = text.replace(proposal.note.reasoning, "")
        assert matching({"": NOT_SAID["a word of the audit"]}, text) == {}
        assert proposal.explanation not in text
        assert proposal.flaw not in text
