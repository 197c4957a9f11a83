"""Blind agents fail: whoever decides without evidence has no skill, on every tier."""

from random import Random
from statistics import fmean

import pytest

from synth_audit_env.server.audit.reward_model import confusion
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.validation.blind.degenerate_policies import _CHOICES

EPISODES = 200
MOST_SKILL = 0.05


def flag_the_long_ones(notes, rng):
    ranked = sorted(notes, key=lambda note: (-len(note.reasoning), note.proposal_id))
    return {note.proposal_id for note in ranked[: (len(ranked) + 1) // 2]}


AGENTS = {name: choose for name, _, choose in _CHOICES if name != "no-op"} | {"flag the long ones": flag_the_long_ones}


@pytest.fixture(scope="module", params=list(TIERS))
def episodes(request):
    """Scenarios of a tier on the seeds and in the words that agents are judged on."""
    tier = TIERS[request.param]
    return [build_scenario(tier, task_of("test", index).seed, "test") for index in range(EPISODES)]


@pytest.mark.parametrize("agent", AGENTS)
def test_a_blind_agent_has_no_skill(episodes, agent):
    skills = []
    for scenario in episodes:
        notes = [proposal.note for proposal in scenario.proposals]
        flagged = AGENTS[agent](notes, Random(f"{agent} {scenario.seed}"))
        decisions = {id_: "flagged" if id_ in flagged else "approved" for id_ in scenario.proposal}
        skills.append(confusion(scenario.proposals, decisions).skill)
    assert len(skills) == EPISODES
    assert fmean(skills) <= MOST_SKILL, fmean(skills)
