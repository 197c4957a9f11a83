"""The records of the error types: the world can make each, and the wire knows each."""

from synth_audit_env.error_types import EQUITY, ERROR_KINDS, ERROR_TYPES, STATISTIC
from synth_audit_env.server.world.cases import QUESTIONS_OF
from synth_audit_env.server.world.quantities import QUESTIONS
from synth_audit_env.server.world.record import FACT_FIELDS


def test_a_question_is_asked_for_each_error_type_that_a_record_decides():
    assert set(QUESTIONS_OF) == set(ERROR_TYPES) - {STATISTIC, EQUITY}
    assert {question for questions in QUESTIONS_OF.values() for question in questions} == set(QUESTIONS)


def test_what_decides_is_a_field_that_shapley_values_are_asked_of():
    assert all(kind.key_fields <= {*FACT_FIELDS, "starting_dose"} for kind in ERROR_KINDS.values())
    assert all(name == name.lower() and " " not in name for name in ERROR_TYPES)
