"""Determinations on the starting dose: the frontier's only, whose records alone have one.

What holds of them as of other determinations of the frontier is in `test_frontier_questions.py`.
"""

import pytest

from synth_audit_env.error_types import DOSE
from synth_audit_env.server.audit.tools import investigate_patient
from synth_audit_env.server.world.grammar import draw_trial
from synth_audit_env.server.world.protocol_text import quantity_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS
from synth_audit_env.server.world.trial_frame import draw_frame


@pytest.fixture(scope="session")
def notes():
    """(scenario, proposal) of each note on a dose in 20 episodes that are all about doses, in both voices."""
    tier = ALL_TIERS["frontier-3"]
    scenarios = [build_scenario(tier, seed, ("train", "test")[seed % 2], (DOSE,)) for seed in range(20)]
    return [(scenario, one) for scenario in scenarios for one in scenario.proposals if one.brief.error_type == DOSE]


def test_a_record_shows_the_dose(notes):
    scenario, proposal = notes[0]
    text, result = investigate_patient(scenario, proposal.note.patient_id)
    dose = scenario.patient[proposal.note.patient_id].starting_dose
    assert f" Starting dose {dose} mg/m2." in text
    assert result.model.starting_dose == dose
    assert quantity_text("starting_dose", 75.0) == "75 mg/m2"


@pytest.mark.parametrize("level", [1, 5, 10])
def test_limits_are_whole_numbers_around_the_planned_dose(level):
    """Any of them: an Actor that errs at a limit would put its patients' doses on what limits are multiples of."""
    tier, bases = LEVELS[level].name, []
    for number in range(20):
        frame = draw_frame(Stream("frame", tier, number), (30, 30))
        for clause in draw_trial(Stream("trial", tier, number), tier, frame).clauses:
            if clause.parameter == "dose_max" and clause.value is not None:
                assert 40 <= clause.value <= 140
                assert clause.value.is_integer()
                if not clause.when:
                    bases.append(clause.value)
                    assert 0 <= clause.value - frame.planned_dose <= 20
    assert max(bases) - min(bases) >= 30
    assert {base % 5 for base in bases} == {0.0, 1.0, 2.0, 3.0, 4.0}
