"""What holds of the judgement of any record by any protocol, an Actor's misreading among them."""

import operator
from math import isnan, nan

import pytest
from hypothesis import strategies as st

from synth_audit_env.server.world.operators import bugs
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.quantities import QUESTIONS
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.tests.server.properties.drawn_protocols import protocols, records
from synth_audit_env.tests.server.properties.draws import draws, share, tried

COMPARE = {"<=": operator.le, ">=": operator.ge, ">": operator.gt, "<": operator.lt, "==": operator.eq}
COMPARE["always"] = lambda value, _: not isnan(value)


@pytest.fixture(scope="session")
def readings(trial, patient):
    """(A protocol, or what an Actor makes of one, and a record)."""
    made = st.sampled_from([bug.reading for question in QUESTIONS for bug in bugs(Stream("bugs"), trial, question)])
    return records(patient()).flatmap(lambda record: st.tuples(protocols(record) | made, st.just(record)))


def holds(clause, row):
    row = {**row, "consented": row["enrolment_date"] + row["consent_date"]}
    return all(COMPARE[condition.op](row[condition.field], condition.value) for condition in clause.when)


BETWEEN = {
    "delay": ("enrolment_date", "treatment_start"),
    "consent_lead": ("consent_date", "enrolment_date"),
    "follow_up": ("treatment_start", "last_contact"),
    "registry_gap": ("death_date", "last_contact"),
}


def quantity(record, name):
    if name not in BETWEEN:
        value = getattr(record, name)
        return nan if value is None else float(value)
    first, last = (getattr(record, field) for field in BETWEEN[name])
    return nan if None in (first, last) else float((last - first).days)


def by_definition(protocol, parameter, row):
    """The rule in prose: the last clause in force that sets it decides; replaced by the last in force that does."""

    def in_force(clause):
        revoking = [c for c in protocol.clauses if c.acts_on == clause.number and c.value is None]
        return holds(clause, row) and not any(map(in_force, revoking))

    def value(clause):
        replacing = [c for c in protocol.clauses if c.acts_on == clause.number and c.value is not None and in_force(c)]
        return value(replacing[-1]) if replacing else clause.value

    setting = [c for c in protocol.clauses if c.acts_on is None and c.parameter == parameter and in_force(c)]
    return value(setting[-1]) if setting else nan


def steps_follow(protocol, row, steps):
    """Each step of the trace is what its clause and the steps that act on it make it."""
    for clause in protocol.clauses:
        step = steps[clause.number, clause.parameter]
        acting = [(c, steps[c.number, c.parameter]) for c in protocol.clauses if c.acts_on == clause.number]
        assert step.met == holds(clause, row)
        assert set(step.revoked_by) == {c.number for c, its in acting if c.value is None and its.applies}
        assert step.applies == (step.met and not step.revoked_by)
        values = [its.value for c, its in acting if c.value is not None and its.applies]
        assert step.value == (values[-1] if values and clause.value is not None else clause.value)


def past_limits(protocol, record, steps):
    """The findings on limits, from the trace: (quantity, what it is, the limit)."""
    for check in protocol.limits:
        own = [c for c in protocol.clauses if c.parameter == check.parameter]
        setting = [steps[c.number, c.parameter] for c in own if c.acts_on is None]
        limit = next((step.value for step in reversed(setting) if step.applies), nan)
        observed = quantity(record, check.quantity)
        if not COMPARE[check.op](observed, limit) and not (check.quantity == "registry_gap" and isnan(observed)):
            yield check.quantity, None if isnan(observed) else observed, limit


def explained(protocol, record):
    """Work parameters, findings and verdict out from the trace, hold the judgement to them, return what was found."""
    judgement, row = protocol.judge(record), facts(record)
    # What an Actor puts in place of the protocol's limits has one number for all of them.
    steps = {(step.number, step.parameter): step for step in judgement.trace}
    assert set(steps) == {(clause.number, clause.parameter) for clause in protocol.clauses}
    assert len(steps) == len(judgement.trace) == len(protocol.clauses)
    steps_follow(protocol, row, steps)
    assert set(judgement.parameters) == {clause.parameter for clause in protocol.clauses if clause.acts_on is None}
    for name, value in judgement.parameters.items():
        assert repr(value) == repr(by_definition(protocol, name, row))
    past = list(past_limits(protocol, record, steps))
    assert [(f.quantity, f.observed, f.limit) for f in judgement.findings] == past
    verdict = DEVIATION if past else COMPLIANT
    assert judgement.verdict == verdict
    return {verdict, *(quantity for quantity, *_ in past)}


@draws(150, 1_000)
def test_the_trace_explains_the_verdict(readings, count):
    came = tried(count, readings, explained)
    assert 0.35 <= share(came, COMPLIANT) <= 0.8
    for kind in ("age", "haemoglobin", "delay", "follow_up"):
        assert share(came, kind) >= 0.01, kind
