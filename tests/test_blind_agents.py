"""Blind agents fail: whoever decides without evidence has no skill, on every tier."""

from statistics import fmean

import pytest

from synth_audit_env.server.audit.reward_model import confusion
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS, task_of

EPISODES = 200
MOST_SKILL = 0.05


def approve_all(notes, stream):
    return set()


def flag_all(notes, stream):
    return set(notes)


def at_random(notes, stream):
    return {note for note in notes if stream.chance(0.5)}


def flag_three_in_ten(notes, stream):
    return {note for note in notes if stream.chance(0.3)}


def flag_low_confidence(notes, stream):
    """The less confident half."""
    ranked = sorted(notes, key=lambda note: (note.confidence, note.proposal_id))
    return set(ranked[: (len(ranked) + 1) // 2])


def flag_high_confidence(notes, stream):
    ranked = sorted(notes, key=lambda note: (-note.confidence, note.proposal_id))
    return set(ranked[: (len(ranked) + 1) // 2])


def flag_the_least_confident(notes, stream):
    return {min(notes, key=lambda note: (note.confidence, note.proposal_id))}


def all_but_the_most_confident(notes, stream):
    return set(notes) - {max(notes, key=lambda note: (note.confidence, note.proposal_id))}


def flag_the_long_ones(notes, stream):
    ranked = sorted(notes, key=lambda note: (-len(note.reasoning), note.proposal_id))
    return set(ranked[: (len(ranked) + 1) // 2])


def flag_the_first_half(notes, stream):
    return set(notes[: (len(notes) + 1) // 2])


AGENTS = (
    approve_all,
    flag_all,
    at_random,
    flag_three_in_ten,
    flag_low_confidence,
    flag_high_confidence,
    flag_the_least_confident,
    all_but_the_most_confident,
    flag_the_long_ones,
    flag_the_first_half,
)


@pytest.fixture(scope="module", params=list(TIERS))
def episodes(request):
    """Scenarios of a tier on the seeds and in the words that agents are judged on."""
    tier = TIERS[request.param]
    return [build_scenario(tier, task_of("test", index).seed, "test") for index in range(EPISODES)]


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.__name__)
def test_a_blind_agent_has_no_skill(episodes, agent):
    skills = []
    for scenario in episodes:
        flagged = agent([p.note for p in scenario.proposals], Stream(agent.__name__, scenario.seed))
        decisions = {p.note.proposal_id: "flagged" if p.note in flagged else "approved" for p in scenario.proposals}
        skills.append(confusion(scenario.proposals, decisions).skill)
    assert len(skills) == EPISODES
    assert fmean(skills) <= MOST_SKILL, fmean(skills)
