"""What several files look at: notes that argue on a record, and the protocols of every tier."""

import pytest

from synth_audit_env.server.world.grammar import SETTINGS, draw_trial
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial_frame import draw_frame


@pytest.fixture(scope="session")
def determinations(scenarios):
    """(scenario, proposal, record) of each note that argues on a record: `determinations("frontier-3", 60, DOSE)`."""

    def first(tier, episodes, error_type=None):
        return [
            (scenario, proposal, scenario.patient[proposal.note.patient_id])
            for scenario in scenarios(tier, episodes)
            for proposal in scenario.proposals
            if proposal.brief.argument is not None and error_type in (None, proposal.brief.error_type)
        ]

    return first


@pytest.fixture(scope="session")
def drawn_trials():
    """(tier, frame, trial) of 30 trials of every tier and level, and of 6 where protocols are long."""
    drawn = []
    for tier, setting in SETTINGS.items():
        for number in range(6 if setting.annexes > 3 else 30):
            frame = draw_frame(Stream("frame", tier, number), setting.sites)
            drawn.append((tier, frame, draw_trial(Stream("trial", tier, number), tier, frame, setting)))
    return drawn
