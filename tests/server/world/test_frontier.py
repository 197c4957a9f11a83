"""The frontier's worlds: annexes of sites, deep cascades, and notes that show their mistakes, level by level."""

import pytest

from synth_audit_env.server.world.argument import argue
from synth_audit_env.server.world.protocol_text import protocol_text
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS

EPISODES = {"easy": 30, "medium": 30, "hard": 30, "expert": 30, "frontier-2": 5, "frontier-5": 4, "frontier-10": 2}
"""How many are looked at."""
MOST_TOKENS = {1: 2_000, 2: 4_000, 3: 6_000}
"""Of a protocol at a level, four characters a token: small models have contexts of 8,000."""


@pytest.fixture
def told(scenarios):
    """(scenario, proposal, record) of each note on a patient, in all the episodes that are looked at."""
    return [
        (scenario, proposal, scenario.patient[proposal.note.patient_id])
        for tier, count in EPISODES.items()
        for scenario in scenarios(tier, count)
        for proposal in scenario.proposals
        if proposal.note.patient_id in scenario.patient
    ]


# Annexes


# Notes


def test_a_lucky_note_says_something_else_than_a_sound_one_of_the_same_record(told):
    lucky = 0
    for _, proposal, record in told:
        argument = proposal.brief.argument
        if proposal.is_wrong or proposal.brief.bug is None:
            continue
        protocol = proposal.trial.protocol.asked(argument.question)
        sound = argue(proposal.trial, argument.question, protocol, facts(record), argument.parameter, argument.manner)
        assert argument.verdict == sound.verdict
        assert argument.told != sound.told, proposal.note.reasoning
        lucky += 1
    assert lucky > 150


# The dial


def test_the_protocols_of_the_levels_fit_and_grow(drawn_trials):
    tokens = {level: [] for level in LEVELS}
    for tier, _, trial in drawn_trials:
        if level := ALL_TIERS[tier].level:
            tokens[level].append(len(protocol_text(trial)) / 4)
    for level, found in tokens.items():
        assert max(found) <= MOST_TOKENS.get(level, 50_000)
    means = [sum(of_level) / len(of_level) for of_level in tokens.values()]
    assert means == sorted(means)
    assert means[-1] > 30_000
