"""Limits on the starting dose. What holds of determinations on it is in `test_frontier_questions.py`."""

import pytest

from synth_audit_env.server.world.grammar import SETTINGS, draw_trial
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import LEVELS
from synth_audit_env.server.world.trial_frame import draw_frame


@pytest.mark.parametrize("level", [1, 5, 10])
def test_limits_are_whole_numbers_around_the_planned_dose(level):
    """Any of them: an Actor that errs at a limit would put its patients' doses on what limits are multiples of."""
    tier, bases = LEVELS[level].name, []
    for number in range(20):
        frame = draw_frame(Stream("frame", tier, number), (30, 30))
        for clause in draw_trial(Stream("trial", tier, number), tier, frame, SETTINGS[tier]).clauses:
            if clause.parameter == "dose_max" and clause.value is not None:
                assert 40 <= clause.value <= 140
                assert clause.value.is_integer()
                if not clause.when:
                    bases.append(clause.value)
                    assert 0 <= clause.value - frame.planned_dose <= 20
    assert max(bases) - min(bases) >= 30
    assert {base % 5 for base in bases} == {0.0, 1.0, 2.0, 3.0, 4.0}
