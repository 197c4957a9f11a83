"""What an Actor can get wrong: each operator does what its words say, and is too lax here and too strict there."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest

from synth_audit_env.server.world.operators import OPERATORS, bugs, mistake_text
from synth_audit_env.server.world.planting import as_read
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.quantities import QUESTIONS
from synth_audit_env.server.world.record import columns, facts
from synth_audit_env.server.world.seeding import Stream

HARDLY_LAX = {"wrong_anchor"}
"""A delay is shorter from consent on only where consent came late."""
IV = {"stage": "IV"}
LATE = {"enrolment_date": date(2021, 12, 1)}
# Operator, clause, record, and what the protocol says of it. Haemoglobin is 10.
CASES = [
    ("dropped", "5.2", {**IV, "delay": 42}, COMPLIANT),
    ("dropped", "5.3", {**IV, "comorbidity_index": 9, "delay": 42}, DEVIATION),
    ("superseded", "Amendment 1", {**LATE, "age": 78}, COMPLIANT),
    ("superseded", "Amendment 3", {**IV, **LATE, "delay": 37}, DEVIATION),
    ("premature", "Amendment 3", {**IV, "delay": 37}, COMPLIANT),
    ("premature", "Amendment 1", {"age": 76}, DEVIATION),
    ("invented", "Amendment 2", {**LATE, "delay": 29}, DEVIATION),
    ("unconditional", "5.2", {"delay": 42}, DEVIATION),
    ("unconditional", "5.3", {**IV, "comorbidity_index": 4, "delay": 42}, COMPLIANT),
    ("inverted", "5.3", {**IV, "comorbidity_index": 9, "delay": 42}, DEVIATION),
    ("inverted", "5.4", {**IV, "comorbidity_index": 5, "haemoglobin": 11.5, "delay": 42}, COMPLIANT),
    ("boundary", "3.2", {"age": 75}, COMPLIANT),
    ("wrong_anchor", "5.1", {"delay": 16}, COMPLIANT),
]
WORDS = {
    ("dropped", "5.2"): "never applied §5.2 (Stage IV exception)",
    ("superseded", "Amendment 3"): "judged by §5.2 (Stage IV exception) as it read before Amendment 3",
    ("premature", "Amendment 1"): "applied Amendment 1 to a patient who enrolled before it was in force",
    ("invented", "Amendment 2"): "leaned on Amendment 2, which is not in the protocol",
    ("unconditional", "5.2"): "applied §5.2 (Stage IV exception) without its condition",
    ("inverted", "5.4"): "read the condition of §5.4 (haemoglobin waiver) the wrong way round",
    ("boundary", "3.2"): "took a value at the limit of §3.2 (maximum age) for a breach of it",
    ("wrong_anchor", "5.1"): "counted the delay from consent and not from enrolment, against §5.1 (treatment window)",
}
"""What the Actor did."""


def bug_of(trial, operator, clause, number=0):
    """The bug of one operator in one clause; numbers are drawn by `number`."""
    question = next(q for q, parameters in QUESTIONS.items() if parameter_of(trial, clause) in parameters)
    made = bugs(Stream("bugs", number), trial, question)
    return question, next(bug for bug in made if (bug.operator, bug.clause) == (operator, clause))


def parameter_of(trial, number):
    return next(c.parameter for c in (*trial.protocol.clauses, *trial.phantoms) if c.number == number)


@pytest.mark.parametrize(("operator", "clause", "change", "truth"), CASES)
def test_what_the_actor_concludes_and_what_it_did(trial, patient, operator, clause, change, truth):
    question, bug = bug_of(trial, operator, clause)
    record = patient(**change)
    assert trial.protocol.asked(question).judge(record).verdict == truth
    assert bug.reading.judge_facts(as_read(bug, facts(record))).verdict != truth
    assert WORDS.get((operator, clause)) in (None, mistake_text(trial, bug))


@pytest.mark.parametrize("number", range(8))
def test_a_misquoted_number_is_read_as_it_is_said(trial, patient, number):
    _, limit = bug_of(trial, "misquoted_limit", "5.2", number)
    assert limit.reading.clause("5.2").value == limit.read != 42
    assert (
        mistake_text(trial, limit) == f"took the limit of §5.2 (Stage IV exception) for {limit.read:g} where it is 42"
    )
    _, threshold = bug_of(trial, "misquoted_threshold", "5.3", number)
    assert threshold.reading.clause("5.3").when[0].value == threshold.read != 5
    assert mistake_text(trial, threshold).endswith(f"§5.3 (comorbidity override) for {threshold.read:g} where it is 5")
    _, value = bug_of(trial, "misquoted_value", "5.3", number)
    record = patient(comorbidity_index=5)
    assert as_read(value, facts(record))["comorbidity_index"] == 5 + value.by
    assert value.reading == trial.protocol.asked("window")
    side = "more" if value.by > 0 else "less"
    assert mistake_text(trial, value) == f"took the comorbidity index for {abs(value.by):g} {side} than the record has"


def test_every_operator_is_too_lax_in_one_case_and_too_strict_in_another(scenarios):
    concluded = defaultdict(set)
    for tier, count in {"medium": 100, "hard": 100, "expert": 100, "frontier-3": 200}.items():
        for proposal in (p for scenario in scenarios(tier, count) for p in scenario.proposals):
            if proposal.is_wrong and proposal.brief.bug is not None:
                concluded[proposal.brief.bug.operator].add(proposal.note.verdict)
    for name in OPERATORS:
        assert concluded[name] == {COMPLIANT, DEVIATION} or (name in HARDLY_LAX and DEVIATION in concluded[name]), name


def test_a_bug_is_in_one_clause_of_the_question_and_in_nothing_else(scenarios):
    for scenario in scenarios("expert", 10):
        for question in QUESTIONS:
            protocol = scenario.trial.protocol.asked(question)
            for bug in bugs(Stream("all"), scenario.trial, question):
                changed = set(protocol.clauses) ^ set(bug.reading.clauses)
                gone = {bug.clause, *(c.number for c in protocol.clauses if c.acts_on is not None)}
                assert {clause.number for clause in changed} <= gone, bug.operator
                assert parameter_of(scenario.trial, bug.clause) in QUESTIONS[question]
                assert bool(bug.field) == (bug.reading == protocol)
                assert "{" not in mistake_text(scenario.trial, bug)


@pytest.mark.parametrize(
    ("question", "at", "beside"),
    [
        ("age", {"age": 40}, {"age": 41}),
        ("performance status", {"ecog": 2}, {"ecog": 1}),
        ("haemoglobin", {"haemoglobin": 9.0}, {"haemoglobin": 9.1}),
        ("window", {"delay": 24}, {"delay": 23}),
        ("window", {"stage": "IV", "delay": 42}, {"stage": "IV", "delay": 41}),
    ],
)
def test_a_value_at_an_exclusive_limit_breaks_it_but_not_for_who_has_the_bug(exclusive, patient, question, at, beside):
    protocol, made = exclusive.protocol.asked(question), bugs(Stream("bugs"), exclusive, question)
    bug = next(bug for bug in made if bug.operator == "boundary")
    for change, verdict in ((at, DEVIATION), (beside, COMPLIANT)):
        record = patient(**change)
        assert protocol.judge(record).verdict == verdict
        assert all(passes(columns([record])) for _, passes in protocol.checks) == (verdict == COMPLIANT)
        assert bug.reading.judge(record).verdict == COMPLIANT
    assert {replace(check, op=check.op.removesuffix("=")) for check in bug.reading.limits} == set(protocol.limits)
