"""The protocol: clauses that cascade to any depth, a trace that explains, and a text that says the same.

What holds of any protocol, drawn at random, is in `properties/`.
"""

from datetime import date, timedelta

import pytest

from synth_audit_env.error_types import AGE, DATES, ELIGIBLE, WINDOW
from synth_audit_env.server.world.protocol import DEVIATION, Clause, Condition, Protocol
from synth_audit_env.server.world.quantities import LIMITS, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE, columns

AFTER_ALL = date(2021, 12, 1)
"""Enrolled then, every amendment of the trial is in force."""


def kinds(trial, record):
    limits = {check.quantity: check.error_type for check in trial.protocol.limits}
    return {limits[finding.quantity] for finding in trial.protocol.judge(record).findings}


# One rule at a time


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        *[({"age": age}, {AGE}) for age in (39, 76, None)],
        *[({"age": age}, set()) for age in (40, 75)],
        *[(change, {ELIGIBLE}) for change in ({"ecog": 3}, {"haemoglobin": 8.9}, {"creatinine": 1.81})],
        ({"ecog": 2, "haemoglobin": 9.0, "creatinine": 1.8}, set()),
        *[({"consent_date": date(2021, 2, 28)}, set()), ({"consent_date": date(2021, 3, 1)}, {DATES})],
        *[({"last_contact": date(2021, 3, 25)}, set()), ({"last_contact": date(2021, 3, 24)}, {DATES})],
        *[({"death_date": date(2022, 2, 21)}, set()), ({"death_date": date(2022, 2, 20)}, {DATES})],
    ],
    ids=str,
)
def test_a_limit_includes_its_end_and_a_blank_age_deviates(trial, patient, change, expected):
    assert kinds(trial, patient(**change)) == expected


@pytest.mark.parametrize(
    ("stage", "index", "haemoglobin", "delay", "expected"),
    [
        ("II", 0, 10.0, 24, set()),
        ("II", 0, 10.0, 25, {WINDOW}),
        ("III", 9, 13.0, 25, {WINDOW}),  # no exception, so nothing to override
        ("IV", 4, 10.0, 42, set()),
        ("IV", 4, 10.0, 43, {WINDOW}),
        ("IV", 5, 10.0, 24, set()),
        ("IV", 5, 10.0, 25, {WINDOW}),  # the override revokes the exception
        ("IV", 5, 10.0, 42, {WINDOW}),
        ("IV", 5, 11.4, 30, {WINDOW}),
        ("IV", 5, 11.5, 42, set()),  # the waiver revokes the override
        ("IV", 5, 11.5, 43, {WINDOW}),
    ],
)
def test_the_windows_cascade(trial, patient, stage, index, haemoglobin, delay, expected):
    record = patient(stage=stage, comorbidity_index=index, haemoglobin=haemoglobin, delay=delay)
    assert kinds(trial, record) == expected


@pytest.mark.parametrize(
    ("first_day", "record", "before", "after"),
    [
        (date(2021, 6, 1), {"age": 78}, {AGE}, set()),
        (date(2021, 6, 1), {"age": 79}, {AGE}, {AGE}),
        (date(2021, 8, 1), {"stage": "IV", "delay": 37}, set(), {WINDOW}),
        (date(2021, 8, 1), {"stage": "IV", "delay": 36}, set(), set()),
        (date(2021, 9, 1), {"stage": "IV", "comorbidity_index": 5, "delay": 30}, {WINDOW}, set()),
        (date(2021, 7, 1), {"delay": 26}, {WINDOW}, {WINDOW}),  # Amendment 2 is not in the protocol
    ],
)
def test_an_amendment_holds_from_its_day_in_force_on(trial, patient, first_day, record, before, after):
    day_before = first_day - timedelta(days=1)
    assert kinds(trial, patient(enrolment_date=day_before, **record)) == before
    assert kinds(trial, patient(enrolment_date=first_day, **record)) == after
    assert kinds(trial, patient(enrolment_date=AFTER_ALL, **record)) == after


def test_a_question_is_answered_by_its_own_rules_alone(trial, patient):
    record = patient(age=90, delay=30, last_contact=date(2021, 3, 5))
    wrong = {question for question in QUESTIONS if trial.protocol.asked(question).judge(record).verdict == DEVIATION}
    assert wrong == {"age", "window", "contact"}
    for question, parameters in QUESTIONS.items() - {(SITE_CAP, (SITE_CAP,))}:
        asked, beside = trial.protocol.asked(question), trial.protocol.beside(question)
        parameters = () if question == "dose" else parameters  # on which this protocol says nothing
        assert asked.parameters == parameters
        assert {check.parameter for check in asked.limits} == set(parameters)
        assert set(beside.clauses) == set(trial.protocol.clauses) - set(asked.clauses)
        found = asked.judge(record).findings + beside.judge(record).findings
        assert {finding.quantity for finding in found} == {"age", "delay", "follow_up"}


def test_a_protocol_without_a_clause_has_nothing_that_acts_on_it(trial, patient):
    less = trial.protocol.without("5.2")
    assert {clause.acts_on for clause in less.clauses} <= {None, "3.2", "5.1"}
    gone = {clause.number for clause in {*trial.protocol.clauses} - {*less.clauses}}
    assert gone == {"5.2", "5.3", "5.4", "Amendment 3", "Amendment 4"}
    judgement = less.judge(patient(stage="IV", delay=25))
    assert (judgement.verdict, judgement.step("5.2")) == (DEVIATION, None)


# A limit on a count that no record shows

CAP = Protocol(
    (
        Clause("3.6", SITE_CAP, 9.0),
        Clause("3.7", SITE_CAP, 14.0, (Condition("stage", "==", 4.0),)),
        Clause("3.8", SITE_CAP, None, (Condition("ecog", ">=", 2.0),), "3.7"),
    ),
    (LIMITS[SITE_CAP],),
)


@pytest.mark.parametrize(
    ("earlier", "change", "most"),
    [
        *((earlier, {}, 9) for earlier in (9, 10)),
        *((earlier, {"stage": "IV"}, 14) for earlier in (14, 15)),
        (10, {"stage": "IV", "ecog": 2}, 9),
    ],
)
def test_the_site_cap_is_a_limit_with_exceptions_as_any_other(patient, earlier, change, most):
    record = patient(earlier_at_site=earlier, **change)
    judgement = CAP.judge(record)
    assert [(found.quantity, found.observed) for found in judgement.findings] == (
        [(EARLIER_AT_SITE, earlier)] if earlier > most else []
    )
    assert [bool(passes(columns([record]))) for _, passes in CAP.checks] == [earlier <= most]
