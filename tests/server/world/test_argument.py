"""What a note argues: the clauses that a reader of the protocol comes to, and a shape without the trial's numbers."""

from dataclasses import replace
from datetime import date

import pytest

from synth_audit_env.server.world.argument import Manner, argue
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.record import facts

SHORT, THOROUGH = Manner(True, True, False), Manner(True, True, True)
IV = {"stage": "IV", "delay": 30}
LATE = {"enrolment_date": date(2021, 8, 1)}
LATER = {"enrolment_date": date(2021, 9, 1)}


def argued(trial, record, manner, question="window", parameter="window_days"):
    return argue(trial, question, trial.protocol.asked(question), facts(record), parameter, manner)


EXCEPTED, REVOKED = "5.2 met", "5.2 met; 5.3 met"
ILL = {**IV, "comorbidity_index": 5}


@pytest.mark.parametrize(
    ("change", "manner", "verdict", "clause", "steps"),
    [
        ({"delay": 20}, SHORT, COMPLIANT, "5.1", ""),
        ({"delay": 20}, THOROUGH, COMPLIANT, "5.1", "5.2 unmet"),
        (IV, SHORT, COMPLIANT, "5.2", EXCEPTED),
        (IV, THOROUGH, COMPLIANT, "5.2", f"{EXCEPTED}; 5.3 unmet; Amendment 3 earlier 5.2"),
        (IV | LATE, SHORT, COMPLIANT, "Amendment 3", f"{EXCEPTED}; Amendment 3 amended 5.2"),
        (ILL, SHORT, DEVIATION, "5.1", REVOKED),
        (ILL, THOROUGH, DEVIATION, "5.1", f"{REVOKED}; 5.4 unmet"),
        (ILL | {"haemoglobin": 12.0}, SHORT, COMPLIANT, "5.2", f"{REVOKED}; 5.4 met"),
        (
            *(ILL | LATER, SHORT, COMPLIANT, "Amendment 3"),
            f"{REVOKED}; Amendment 4 lifted 5.3; Amendment 3 amended 5.2",
        ),
    ],
)
def test_an_argument_goes_through_the_clauses(trial, patient, change, manner, verdict, clause, steps):
    argument = argued(trial, patient(**change), manner)
    assert (argument.verdict, argument.base, argument.clause) == (verdict, "5.1", clause)
    assert "; ".join(f"{step.number} {step.part} {step.target}".strip() for step in argument.steps) == steps
    limit = trial.protocol.judge(patient(**change)).parameters["window_days"]
    assert (argument.said, argument.limit) == (change["delay"], limit)
    numbers = [clause.number for clause in trial.protocol.clauses]
    assert argument.cited == tuple(sorted({"5.1", clause, *(s.number for s in argument.steps)}, key=numbers.index))


def test_a_note_on_two_limits_is_about_the_one_that_is_broken(trial, patient):
    for age, parameter in ((39, "age_min"), (76, "age_max"), (60, "age_max")):
        assert argued(trial, patient(age=age), SHORT, "age", "age_max").parameter == parameter


def test_a_shape_has_distances_and_no_values(trial, patient):
    wider = replace(trial, protocol=trial.protocol.revise("5.2", value=52.0))
    one, other = patient(stage="IV", delay=40), patient(stage="IV", delay=50)
    assert argued(trial, one, SHORT).shape == argued(wider, other, SHORT).shape
    assert argued(trial, one, SHORT).shape != argued(trial, other, SHORT).shape
    silent = SHORT._replace(quotes_limit=False, quotes_conditions=False)
    assert argued(trial, one, silent).shape == argued(trial, patient(stage="IV", delay=30), silent).shape
