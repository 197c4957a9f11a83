"""Cascades: for which records a bug can matter is worked out without one, and the cases are such records."""

import pytest

from synth_audit_env.error_types import OVERRIDE, WINDOW
from synth_audit_env.server.world.cascades import Cascades
from synth_audit_env.server.world.operators import bugs
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.seeding import Stream


@pytest.mark.parametrize(
    ("operator", "clause", "error_type", "lax", "strict"),
    [
        ("dropped", "5.3", OVERRIDE, [2], []),  # the exception seems to count
        ("dropped", "5.3", WINDOW, [], []),
        ("dropped", "5.2", WINDOW, [], [1, 3]),  # the shorter window seems to count
        ("dropped", "5.4", OVERRIDE, [], [3]),  # the waiver is part of the override
        ("unconditional", "5.2", WINDOW, [0], []),
        ("unconditional", "5.3", OVERRIDE, [], [1]),
        ("inverted", "5.3", OVERRIDE, [2], [1]),
        ("boundary", "5.1", WINDOW, [], [0, 1, 2, 3]),  # whoever passes a value at the limit is right
        ("boundary", "5.1", OVERRIDE, [], []),
    ],
)
def test_how_far_a_record_has_to_go(trial, operator, clause, error_type, lax, strict):
    made = bugs(Stream("bugs"), trial, "window")
    bug = next(bug for bug in made if (bug.operator, bug.clause) == (operator, clause))
    cascades = Cascades(trial)
    assert cascades.reaches(bug, error_type, COMPLIANT) == lax
    assert cascades.reaches(bug, error_type, DEVIATION) == strict
