"""Determinations on performance status, haemoglobin and creatinine: the frontier's only, in their own units.

What holds of them as of other determinations of the frontier is in `test_frontier_questions.py`.
"""

import re
from collections import Counter

import pytest

from synth_audit_env.error_types import ELIGIBLE
from synth_audit_env.server.world.protocol_text import quantity_text
from synth_audit_env.server.world.quantities import LIMITS

QUANTITIES = {"ecog": r"grade [0-3]", "haemoglobin": r"\d+(?:\.\d)? g/dL", "creatinine": r"\d(?:\.\d\d?)? mg/dL"}
PARAMETERS = {"ecog_max": (1, 3), "haemoglobin_min": (7.5, 12), "creatinine_max": (1, 2.2)}


@pytest.fixture(scope="session")
def notes(determinations):
    """(scenario, proposal) of each note on one of the three."""
    return [(scenario, one) for scenario, one, _ in determinations("frontier-3", 60, ELIGIBLE)]


def test_a_value_is_given_as_clinicians_give_it():
    assert quantity_text("ecog", 2.0) == "grade 2"
    assert quantity_text("haemoglobin", 9.5) == "9.5 g/dL"
    assert quantity_text("creatinine", 1.37) == "1.37 mg/dL"
    assert quantity_text("age", 67.0) == "67 years"
    assert quantity_text("delay", 1.0) == "1 day"


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
