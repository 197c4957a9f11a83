"""Determinations on performance status, haemoglobin and creatinine: the frontier's only, in their own units."""

import re
from collections import Counter

import pytest

from synth_audit_env.agents.note_checks import read_note
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.error_types import ELIGIBLE
from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.audit.reward_model import key_features
from synth_audit_env.server.audit.tools import review_proposal
from synth_audit_env.server.world.grammar import SETTINGS, draw_trial
from synth_audit_env.server.world.protocol import LIMITS
from synth_audit_env.server.world.protocol_text import quantity_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS
from synth_audit_env.server.world.trial_frame import draw_frame

QUANTITIES = {"ecog": r"grade [0-3]", "haemoglobin": r"\d+(?:\.\d)? g/dL", "creatinine": r"\d(?:\.\d\d?)? mg/dL"}
PARAMETERS = {"ecog_max": (1, 3), "haemoglobin_min": (7.5, 12), "creatinine_max": (1, 2.2)}


@pytest.fixture(scope="session")
def notes():
    """(scenario, proposal) of each note on one of the three."""
    scenarios = [build_scenario(ALL_TIERS["frontier-3"], seed, "train") for seed in range(60)]
    return [(scenario, one) for scenario in scenarios for one in scenario.proposals if one.brief.error_type == ELIGIBLE]


def test_a_value_is_given_as_clinicians_give_it():
    assert quantity_text("ecog", 2.0) == "grade 2"
    assert quantity_text("haemoglobin", 9.5) == "9.5 g/dL"
    assert quantity_text("creatinine", 1.37) == "1.37 mg/dL"
    assert quantity_text("age", 67.0) == "67 years"
    assert quantity_text("delay", 1.0) == "1 day"


def test_only_the_frontier_asks_for_it():
    for tier in TIERS.values():
        assert ELIGIBLE not in tier.error_types
        assert not set(PARAMETERS) & set(SETTINGS[tier.name].depths)
    for tier in LEVELS.values():
        assert ELIGIBLE in tier.error_types


@pytest.mark.parametrize("level", [1, 5, 10])
def test_limits_are_such_as_trials_have(level):
    drawn, tier = Counter(), LEVELS[level].name
    for number in range(10):
        frame = draw_frame(Stream("frame", tier, number), SETTINGS[tier].sites)
        trial = draw_trial(Stream("trial", tier, number), tier, frame)
        for clause in trial.clauses:
            if clause.parameter in PARAMETERS and clause.value is not None:
                low, high = PARAMETERS[clause.parameter]
                assert low <= clause.value <= high, clause
                assert clause.value == round(clause.value, 2)
                drawn[clause.parameter, clause.value] += 1
            for condition in clause.when if clause.parameter in PARAMETERS else ():
                assert condition.field != LIMITS[clause.parameter].quantity
    for parameter, least in (("ecog_max", 2), ("haemoglobin_min", 5), ("creatinine_max", 5)):
        assert len([value for name, value in drawn if name == parameter]) >= least


def test_notes_give_values_and_limits_in_their_units(notes):
    asked = Counter()
    for _, proposal in notes:
        argument = proposal.brief.argument
        quantity = LIMITS[argument.parameter].quantity
        asked[quantity] += 1
        shown = argument.manner.quotes_value + argument.manner.quotes_limit
        found = re.findall(rf"(?<![\d.]){QUANTITIES[quantity]}", proposal.note.reasoning)
        assert len(found) >= shown, proposal.note.reasoning
    assert min(asked[quantity] for quantity in QUANTITIES) > 10


def test_they_are_wrong_in_three_of_ten_and_go_both_ways(notes):
    wrong = sum(proposal.is_wrong for _, proposal in notes)
    assert abs(wrong / len(notes) - 0.3) < 3 * (0.21 / len(notes)) ** 0.5
    assert set(Counter(proposal.note.verdict for _, proposal in notes)) == {"compliant", "deviation"}


def test_the_auditor_holds_a_value_against_the_clause_that_the_note_does(notes):
    for scenario, proposal in notes:
        read = read_protocol(scenario.protocol_text).at(scenario.patient[proposal.note.patient_id].site)
        note, argument = (
            read_note(read, review_proposal(scenario, proposal.note.proposal_id)[1].model),
            proposal.brief.argument,
        )
        assert note.against == argument.clause, proposal.note.reasoning
        if argument.manner.quotes_value:
            assert note.said == argument.said, proposal.note.reasoning
        if argument.manner.quotes_limit:
            assert note.limit == argument.limit, proposal.note.reasoning


def test_a_false_comparison_is_not_paid(notes):
    told = 0
    for scenario, proposal in notes:
        argument = proposal.brief.argument
        if not proposal.is_wrong or proposal.note.verdict != "compliant" or argument.parameter == "haemoglobin_min":
            continue
        said = re.sub(r" is (?:above|not less than) (\d)", r" is below the limit of \1", proposal.explanation, count=1)
        assert said != proposal.explanation
        assert not examine(scenario, proposal, said).holds, said
        told += 1
    assert told > 2


def test_what_decides_counts_as_evidence_and_what_the_outcome_tells_is_paid(notes):
    told = 0
    for scenario, proposal in notes:
        if proposal.is_wrong:
            assert proposal.error_type == ELIGIBLE
            assert key_features(proposal) == {LIMITS[proposal.brief.argument.parameter].quantity}
            assert examine(scenario, proposal, proposal.explanation).holds, proposal.explanation
            told += 1
    assert told > 10
