"""Drawn records, and protocols of any depth whose limits lie about what a record holds."""

from dataclasses import replace
from datetime import timedelta
from math import isnan

from hypothesis import strategies as st

from synth_audit_env.error_types import WINDOW
from synth_audit_env.server.world.protocol import CONSENTED, Clause, Condition, Protocol, quantity_of
from synth_audit_env.server.world.quantities import LIMITS, OPERATORS
from synth_audit_env.server.world.record import NUMERIC_FIELDS, STAGES, facts

CHECKS = tuple(check for name, check in LIMITS.items() if name not in ("ecog_max", "creatinine_max", "site_cap"))


def mostly(usual, rare, of=8):
    """The rare one in one of so many draws."""
    return st.integers(1, of).flatmap(lambda number: rare if number == of else usual)


VALUES = {
    "age": mostly(st.integers(40, 75), st.none() | st.integers(30, 90)),
    "ecog": mostly(st.integers(0, 2), st.just(3)),
    "comorbidity_index": st.integers(0, 9),
    "ldh": st.integers(100, 400),
    "haemoglobin": mostly(st.sampled_from([9.0, 10.0, 11.5, 13.0]), st.just(8.5)),
    "creatinine": mostly(st.sampled_from([0.7, 1.8]), st.just(1.9)),
    "bmi": st.sampled_from([18.0, 24.0, 31.5]),
    "prior_chemo_cycles": st.integers(0, 6),
    "starting_dose": mostly(st.sampled_from([60, 75]), st.just(80)),
    "stage": st.sampled_from((*STAGES, "IV", "IV")),
}
DAYS = mostly(st.integers(0, 36), st.just(-1) | st.integers(-20, -1), of=16)


@st.composite
def records(draw, base):
    """About the limits of the `trial`, and with dates that are mostly in order."""
    enrolment = base.enrolment_date + timedelta(days=draw(st.integers(0, 300)))
    start = enrolment + timedelta(days=draw(DAYS))
    contact = start + timedelta(days=draw(DAYS))
    days = {
        "consent_date": enrolment - timedelta(days=draw(DAYS)),
        "enrolment_date": enrolment,
        "treatment_start": start,
        "last_contact": contact,
        "death_date": draw(st.none() | DAYS.map(lambda later: contact + timedelta(days=later))),
    }
    return base._replace(**{name: draw(values) for name, values in VALUES.items()}, **days)


@st.composite
def conditions(draw, row):
    """As likely to hold as not."""
    field = draw(st.sampled_from([*NUMERIC_FIELDS, "stage", "treatment_start", "enrolment_date", CONSENTED]))
    about = 60.0 if isnan(value := quantity_of(field, row)) else value
    step = draw(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]))
    return Condition(field, draw(st.sampled_from(sorted(OPERATORS))), about + step)


KEPT, PAST = st.integers(0, 12), st.integers(-12, -1)


@st.composite
def limits(draw, check, row, room):
    """A value of the parameter that leaves the record this much room, in halves of a unit; none where it is past it."""
    observed = quantity_of(check.quantity, row)
    left = draw(room) / 2
    return (60.0 if isnan(observed) else observed) + (left if check.op == "<=" else -left)


@st.composite
def chains(draw, section, check, row):
    """Clauses each of which sets the parameter, or acts on one drawn before: to any depth."""

    def clause(acts_on=None, room=None):
        value = None if room is None else draw(limits(check, row, room))
        when = tuple(draw(st.lists(conditions(row), max_size=2)))
        return Clause(f"{section}.{len(own) + 1}", check.parameter, value, when, acts_on and acts_on.number)

    room = mostly(KEPT, PAST, of=16)
    own = []
    own.append(replace(clause(room=room), when=()))
    if check.error_type == WINDOW and draw(st.booleans()):
        # A window that is past, an exception that lets the patient in, and what revokes that.
        own[0] = replace(own[0], value=draw(limits(check, row, PAST)))
        own.append(clause(room=KEPT))
        own.append(clause(own[-1]))
    for _ in range(draw(st.integers(0, 7))):
        # The newest clause is the likeliest to be acted on, else chains would stay short. The first is mostly left in
        # force, since no record keeps to a limit that nothing sets.
        target = draw(st.sampled_from([None, own[-1], own[-1], draw(st.sampled_from(own))]))
        odds = 8 if target is own[0] else 2
        revokes = target is not None and (target.value is None or draw(st.integers(1, odds)) == 1)
        own.append(clause(target, None if revokes else room))
    return own


@st.composite
def protocols(draw, record):
    """The rows stand in any order."""
    row, clauses = facts(record), []
    for section, check in enumerate(CHECKS, start=1):
        clauses += draw(chains(section, check, row))
    return Protocol(tuple(draw(st.permutations(clauses))), CHECKS)
