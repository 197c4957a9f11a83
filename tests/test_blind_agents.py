"""Blind agents fail: whoever decides without evidence has no skill, on every tier."""

from random import Random
from statistics import fmean

import pytest

from synth_audit_env.agents.baselines import approve_all, at_random, flag_all, flag_low_confidence
from synth_audit_env.server.audit.reward_model import confusion
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, task_of

EPISODES = 200
MOST_SKILL = 0.05


def ids(notes):
    return {note.proposal_id for note in notes}


def flag_three_in_ten(notes, rng):
    return ids(note for note in notes if rng.random() < 0.3)


def flag_high_confidence(notes, rng):
    ranked = sorted(notes, key=lambda note: (-note.confidence, note.proposal_id))
    return ids(ranked[: (len(ranked) + 1) // 2])


def flag_the_least_confident(notes, rng):
    return ids([min(notes, key=lambda note: (note.confidence, note.proposal_id))])


def all_but_the_most_confident(notes, rng):
    return ids(notes) - ids([max(notes, key=lambda note: (note.confidence, note.proposal_id))])


def flag_the_long_ones(notes, rng):
    ranked = sorted(notes, key=lambda note: (-len(note.reasoning), note.proposal_id))
    return ids(ranked[: (len(ranked) + 1) // 2])


def flag_the_first_half(notes, rng):
    return ids(notes[: (len(notes) + 1) // 2])


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
        notes = [proposal.note for proposal in scenario.proposals]
        flagged = agent(notes, Random(f"{agent.__name__} {scenario.seed}"))
        decisions = {id_: "flagged" if id_ in flagged else "approved" for id_ in ids(notes)}
        skills.append(confusion(scenario.proposals, decisions).skill)
    assert len(skills) == EPISODES
    assert fmean(skills) <= MOST_SKILL, fmean(skills)
