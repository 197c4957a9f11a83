"""What a model is told: enough to word a note, and nothing by which right and wrong proposals differ."""

import re
from functools import cache

import pytest

from synth_audit_env.server.llm_actor.beliefs import BELIEFS, UNSTATED, belief
from synth_audit_env.server.llm_actor.brief import answer_of, correction, opening
from synth_audit_env.server.llm_actor.fidelity import must_stay
from synth_audit_env.server.llm_actor.vocabulary import NOT_SAID, matching
from synth_audit_env.server.world.misreadings import FLAWS
from synth_audit_env.server.world.protocol import COMPLIANT
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, rhetoric_of, task_of

EPISODES = 12


@cache
def proposals():
    found = []
    for tier in TIERS:
        for number in range(EPISODES):
            task = task_of("test" if number % 2 else "train", number)
            scenario = build_scenario(TIERS[tier], task.seed, rhetoric_of(task.split))
            found += [(scenario, proposal) for proposal in scenario.proposals]
    return found


def brief_of(scenario, proposal):
    return opening(proposal.note, proposal.brief.flaw.name, scenario.trial.numbers)


def test_it_holds_the_note_what_stays_and_the_recommendation():
    for scenario, proposal in proposals():
        system, asked = brief_of(scenario, proposal)
        assert [system["role"], asked["role"]] == ["system", "user"]
        assert proposal.note.reasoning in asked["content"]
        assert proposal.note.recommended_action in asked["content"]
        assert all(claim in asked["content"] for claim in must_stay(proposal.note))


def test_no_number_goes_in_that_the_note_does_not_have():
    """So no value of the record, none of the protocol, and nothing of the reading's trace on this record."""
    for scenario, proposal in proposals():
        system, asked = brief_of(scenario, proposal)
        fixed = set(re.findall(r"\d+", system["content"]))
        words = {"one": "1", "two": "2", "three": "3", "four": "4", "six": "6"}
        note = set(re.findall(r"\d+", proposal.note.reasoning + str(proposal.note.citations)))
        note |= {digit for word, digit in words.items() if f"{word} prior" in proposal.note.reasoning}
        assert set(re.findall(r"\d+", asked["content"])) - fixed <= note


def test_the_truth_is_not_told_in_words():
    for scenario, proposal in proposals():
        text = " ".join(message["content"] for message in brief_of(scenario, proposal))
        assert matching({"": NOT_SAID["a word of the audit"]}, text) == {}
        assert proposal.explanation not in text
        assert proposal.brief.flaw.name not in text
        # Whatever the sections are.
        did = re.sub(r"\\{\w+\\}", ".{2,50}", re.escape(proposal.brief.flaw.summary))
        assert re.search(did, proposal.explanation)
        assert not re.search(did, text)


def test_every_flaw_has_a_belief_of_its_own():
    assert set(BELIEFS) == set(FLAWS)
    assert len(set(BELIEFS.values())) == len(FLAWS)
    assert all(re.search(r"\d", text) is None for text in BELIEFS.values())


def test_what_a_note_does_not_say_its_writer_is_not_said_to_hold():
    held = {}
    for scenario, proposal in proposals():
        told = belief(proposal.brief.flaw.name, scenario.trial.numbers, proposal.note.citations)
        named = set(re.findall(r"§\d+\.\d+", told))
        assert named <= set(proposal.note.citations)
        held.setdefault(proposal.note.verdict, []).append(told == UNSTATED)
    assert not any(held[COMPLIANT])
    assert any(held["deviation"])
    assert not all(held["deviation"])


def test_right_and_wrong_proposals_of_a_flaw_hold_the_same():
    """Clause numbers aside. The reading's own trace on the record would not pass this for the flaws of the override."""
    held: dict[tuple[str, bool], set[str]] = {}
    for scenario, proposal in proposals():
        told = belief(proposal.brief.flaw.name, scenario.trial.numbers, proposal.note.citations)
        held.setdefault((proposal.brief.flaw.name, told == UNSTATED), set()).add(re.sub(r"§[\d.]+", "§", told))
    assert all(len(texts) == 1 for texts in held.values())


@pytest.mark.parametrize("faults", [("'§4.2' is missing; write it as it is.",), ("One.", "Two.")])
def test_a_correction_names_what_was_wrong(faults):
    told = correction(faults)
    assert told["role"] == "user"
    assert all(f"- {fault}\n" in told["content"] for fault in faults)
    assert answer_of("So.") == {"role": "assistant", "content": "So."}
