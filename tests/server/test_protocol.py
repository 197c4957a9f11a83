"""The protocol: clauses that cascade to any depth, a trace that explains, and a text that says the same."""

import pickle
from dataclasses import replace
from datetime import date, timedelta
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.protocol import (
    AGE,
    COMPLIANT,
    DATES,
    DEVIATION,
    ELIGIBILITY,
    OVERRIDE,
    WINDOW,
    Clause,
    Condition,
    LimitCheck,
    OrderCheck,
    Protocol,
)
from synth_audit_env.server.protocol_text import clause_text, protocol_text
from synth_audit_env.server.record import DATE_FIELDS, NUMERIC_FIELDS, PatientRecord, columns, facts

AFTER_ALL = date(2021, 12, 1)
"""Enrolled then, every amendment of the trial is in force."""


def kinds(trial, record):
    return {finding.error_type for finding in trial.protocol.judge(record).findings}


# One rule at a time


@pytest.mark.parametrize(
    ("age", "expected"), [(39, {AGE}), (40, set()), (75, set()), (76, {AGE}), (None, {AGE})], ids=str
)
def test_the_age_range_includes_its_ends_and_a_blank_age_deviates(trial, patient, age, expected):
    assert kinds(trial, patient(age=age)) == expected


@pytest.mark.parametrize(
    "change", [{"ecog": 3}, {"haemoglobin": 8.9}, {"creatinine": 1.81}], ids=lambda change: next(iter(change))
)
def test_organ_function_and_performance_status_are_findings_of_their_own(trial, patient, change):
    assert kinds(trial, patient(**change)) == {ELIGIBILITY}
    assert kinds(trial, patient(ecog=2, haemoglobin=9.0, creatinine=1.8)) == set()


@pytest.mark.parametrize(
    ("stage", "index", "haemoglobin", "delay", "expected"),
    [
        ("II", 0, 10.0, 24, set()),
        ("II", 0, 10.0, 25, {WINDOW}),
        ("III", 9, 13.0, 25, {WINDOW}),  # no exception, so nothing to override
        ("IV", 4, 10.0, 42, set()),
        ("IV", 4, 10.0, 43, {WINDOW}),
        ("IV", 5, 10.0, 24, set()),
        ("IV", 5, 10.0, 25, {OVERRIDE}),
        ("IV", 5, 10.0, 42, {OVERRIDE}),
        ("IV", 5, 10.0, 43, {WINDOW}),  # beyond every window: the override did not decide
        ("IV", 5, 11.4, 30, {OVERRIDE}),
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
        (date(2021, 9, 1), {"stage": "IV", "comorbidity_index": 5, "delay": 30}, {OVERRIDE}, set()),
        (date(2021, 7, 1), {"delay": 26}, {WINDOW}, {WINDOW}),  # Amendment 2 is not in the protocol
    ],
)
def test_an_amendment_holds_from_its_day_in_force_on(trial, patient, first_day, record, before, after):
    day_before = first_day - timedelta(days=1)
    assert kinds(trial, patient(enrolment_date=day_before, **record)) == before
    assert kinds(trial, patient(enrolment_date=first_day, **record)) == after
    assert kinds(trial, patient(enrolment_date=AFTER_ALL, **record)) == after


@pytest.mark.parametrize(
    ("change", "days", "fields"),
    [
        ({"consent_date": date(2021, 3, 2)}, 1, ("enrolment_date", "consent_date")),
        ({"delay": -3}, 3, ("treatment_start", "enrolment_date")),
        ({"last_contact": date(2021, 3, 10)}, 5, ("last_contact", "treatment_start")),
        ({"death_date": date(2021, 3, 14), "last_contact": date(2021, 3, 14)}, 1, ("death_date", "treatment_start")),
    ],
    ids=["consent", "treatment", "contact", "death"],
)
def test_dates_out_of_order(trial, patient, change, days, fields):
    found = trial.protocol.judge(patient(**change)).findings
    assert {finding.error_type for finding in found} == {DATES}
    assert any(finding.fields == fields and finding.observed == days for finding in found)


def test_equal_dates_are_in_order_and_a_blank_hides_nothing(trial, patient):
    day = date(2021, 3, 1)
    same = patient(consent_date=day, treatment_start=day, last_contact=day, death_date=day)
    assert trial.protocol.judge(same).verdict == COMPLIANT
    checks = replace(trial.protocol, orders=(OrderCheck("6.1", ("consent_date", "death_date", "treatment_start")),))
    assert {f.error_type for f in checks.judge(patient(consent_date=date(2021, 4, 1))).findings} == {DATES}


def test_the_trace_tells_which_clause_changed_what(trial, patient):
    record = patient(stage="IV", comorbidity_index=5, haemoglobin=10.0, delay=30)
    judgement = trial.protocol.judge(record)
    assert judgement.verdict == DEVIATION
    assert judgement.parameters["window_days"] == 24.0
    base, extension = judgement.step("5.1"), judgement.step("5.2")
    override, waiver = judgement.step("5.3"), judgement.step("5.4")
    assert base.applies
    assert (extension.met, extension.applies, extension.revoked_by, extension.value) == (True, False, ("5.3",), 42.0)
    assert override.reads == (("comorbidity_index", 5.0),)
    assert (override.applies, waiver.met, waiver.applies) == (True, False, False)
    (finding,) = judgement.findings
    assert (finding.quantity, finding.observed, finding.limit) == ("delay", 30.0, 24.0)
    assert finding.fields[0] == "comorbidity_index"
    assert {"5.1", "5.2", "5.3"} <= set(finding.numbers)
    assert "5.4" not in finding.numbers
    assert judgement.step("12.9") is None


# Hops as rows


@pytest.fixture(scope="session")
def deeper(trial):
    """The trial without the amendment on the override, and with a fourth hop: the waiver is void with LDH over 250."""
    protocol = trial.protocol.without("Amendment 4")
    row = Clause("5.5", "window_days", None, (Condition("ldh", ">", 250.0),), "5.4")
    return replace(trial, protocol=replace(protocol, clauses=(*protocol.clauses, row)))


@pytest.mark.parametrize(
    ("index", "haemoglobin", "ldh", "window"),
    [(4, 10.0, 200, 42), (5, 10.0, 200, 24), (5, 12.0, 200, 42), (5, 12.0, 250, 42), (5, 12.0, 251, 24)],
)
@pytest.mark.parametrize("over", [0, 1])
def test_a_fourth_hop_is_one_more_row(deeper, patient, index, haemoglobin, ldh, window, over):
    record = patient(stage="IV", comorbidity_index=index, haemoglobin=haemoglobin, ldh=ldh, delay=window + over, age=60)
    judgement = deeper.protocol.judge(record)
    assert judgement.parameters["window_days"] == window
    assert judgement.verdict == (DEVIATION if over else COMPLIANT)
    assert bool(deeper.protocol.compliant(columns([record]))[0]) == (judgement.verdict == COMPLIANT)


def test_the_text_of_a_fourth_hop_is_rendered(deeper):
    lines = protocol_text(deeper).splitlines()
    (line,) = [line for line in lines if line.startswith("§5.5")]
    assert "LDH" in line
    assert "250" in line
    assert line.endswith("§5.4 does not apply.")
    assert lines.index(line) == lines.index(next(text for text in lines if text.startswith("§5.4"))) + 1


@pytest.mark.parametrize("field", NUMERIC_FIELDS)
def test_a_condition_on_any_number_of_the_record_has_words(trial, field):
    for op, words in {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}.items():
        row = Clause("5.5", "window_days", None, (Condition(field, op, 3.5),), "5.4")
        clauses = (*trial.protocol.clauses, row)
        text = clause_text(row, replace(trial, protocol=replace(trial.protocol, clauses=clauses)))
        assert f"{words} 3.5" in text


@pytest.mark.parametrize(
    ("op", "words"), [("==", "Stage III,"), (">=", "Stage III or higher"), ("<=", "Stage III or lower")]
)
def test_a_condition_on_the_stage_has_words(trial, op, words):
    row = Clause("5.5", "window_days", 30.0, (Condition("stage", op, 3.0),))
    assert words in clause_text(row, trial)


@pytest.mark.parametrize("parameter", ["age_min", "age_max", "ecog_max", "haemoglobin_min", "creatinine_max"])
def test_an_amendment_of_any_limit_has_words(trial, parameter):
    number = next(clause.number for clause in trial.protocol.clauses if clause.parameter == parameter)
    day = date(2021, 5, 1)
    since = (Condition("enrolment_date", ">=", float(day.toordinal())),)
    row = Clause("Amendment 7", parameter, 3.0, since, number, day)
    assert f"§{number} reads 3" in clause_text(row, trial)


def test_a_protocol_without_a_clause_has_nothing_that_acts_on_it(trial, patient):
    less = trial.protocol.without("5.2")
    assert {clause.acts_on for clause in less.clauses} <= {None, "3.2", "5.1"}
    assert {clause.number for clause in trial.protocol.clauses} - {clause.number for clause in less.clauses} == {
        "5.2",
        "5.3",
        "5.4",
        "Amendment 3",
        "Amendment 4",
    }
    assert less.judge(patient(stage="IV", delay=25)).verdict == DEVIATION
    with pytest.raises(KeyError, match=r"no clause 9\.9"):
        trial.protocol.without("9.9")


def test_a_protocol_is_pickled_as_its_rows(trial, patient):
    trial.protocol.compliant(columns([patient()]))
    again = pickle.loads(pickle.dumps(trial.protocol))
    assert again == trial.protocol
    assert again.judge(patient(delay=30)) == trial.protocol.judge(patient(delay=30))


# Random protocols, random records

QUANTITIES = {"window_days": ("delay", "<="), "age_max": ("age", "<="), "haemoglobin_min": ("haemoglobin", ">=")}
DAY = date(2021, 6, 15)

numbers = {
    "age": st.integers(30, 90),
    "ecog": st.integers(0, 4),
    "comorbidity_index": st.integers(0, 9),
    "haemoglobin": st.sampled_from([8.5, 9.0, 10.0, 11.5, 13.0]),
    "stage": st.integers(1, 4),
}
dates = st.integers(-25, 60).map(lambda days: DAY + timedelta(days=days))


@st.composite
def conditions(draw):
    field = draw(st.sampled_from([*numbers, "enrolment_date"]))
    if field == "enrolment_date":
        return Condition(field, draw(st.sampled_from([">=", "<"])), float(draw(dates).toordinal()))
    op = draw(st.sampled_from(["<=", ">=", ">", "<", "=="]))
    return Condition(field, op, float(draw(numbers[field])) + draw(st.sampled_from([0.0, 0.5])))


@st.composite
def protocols(draw):
    """Limits by clauses that act on clauses that act on clauses, amendments among them, in any order of rows."""
    clauses, limits = [], []
    for parameter, (quantity, op) in QUANTITIES.items():
        own = [Clause(f"{len(clauses)}.0", parameter, draw(st.integers(5, 80).map(float)))]
        for position in range(1, draw(st.integers(1, 7))):
            target = draw(st.none() | st.sampled_from(own))
            value = draw(st.integers(5, 80).map(float)) if target is None else draw(st.none() | st.just(33.0))
            when = tuple(draw(st.lists(conditions(), max_size=2)))
            number, in_force = f"{len(clauses)}.{position}", None
            if draw(st.booleans()):
                number, in_force = f"Amendment {len(clauses)}{position}", draw(dates)
                when = (Condition("enrolment_date", ">=", float(in_force.toordinal())), *when)
            own.append(Clause(number, parameter, value, when, target and target.number, in_force))
        clauses += own
        limits.append(LimitCheck(quantity, op, parameter, WINDOW if quantity == "delay" else AGE))
    order = st.lists(st.sampled_from(DATE_FIELDS), unique=True, min_size=2).map(tuple)
    orders = tuple(OrderCheck(f"9.{i}", fields) for i, fields in enumerate(draw(st.lists(order, max_size=1))))
    return Protocol(tuple(draw(st.permutations(clauses))), tuple(limits), orders)


@st.composite
def records(draw, base):
    values = {field: draw(strategy) for field, strategy in numbers.items()}
    values["stage"] = ("I", "II", "III", "IV")[values["stage"] - 1]
    values["age"] = draw(st.none() | st.just(values["age"]))
    days = {field: draw(dates) for field in DATE_FIELDS}
    days["death_date"] = draw(st.none() | st.just(days["death_date"]))
    return replace(base, **values, **days)


@pytest.fixture(scope="session")
def worlds(patient):
    return st.tuples(protocols(), st.lists(records(patient()), min_size=1, max_size=6))


@given(data=st.data())
def test_judge_and_the_columns_agree_and_findings_are_empty_just_where_a_record_is_compliant(worlds, data):
    protocol, cohort = data.draw(worlds)
    judgements = [protocol.judge(record) for record in cohort]
    assert [bool(mask) for mask in protocol.compliant(columns(cohort))] == [
        judgement.verdict == COMPLIANT for judgement in judgements
    ]
    for judgement in judgements:
        assert (judgement.verdict == COMPLIANT) == (not judgement.findings)


@given(data=st.data())
def test_the_parameters_are_what_the_clauses_say(worlds, data):
    protocol, cohort = data.draw(worlds)
    for record in cohort:
        expected = {name: by_definition(protocol, name, record) for name in QUANTITIES}
        assert same(protocol.judge(record).parameters, expected)


def by_definition(protocol, parameter, record):
    """The rule in prose: the last clause in force that sets it decides; replaced by the last in force that does."""
    row = facts(record)

    def in_force(clause):
        compare = {"<=": row_le, ">=": row_ge, ">": row_gt, "<": row_lt, "==": row_eq}
        if not all(compare[condition.op](row[condition.field], condition.value) for condition in clause.when):
            return False
        return not any(c.acts_on == clause.number and c.value is None and in_force(c) for c in protocol.clauses)

    def value(clause):
        replacing = [c for c in protocol.clauses if c.acts_on == clause.number and c.value is not None and in_force(c)]
        return value(replacing[-1]) if replacing else clause.value

    setting = [c for c in protocol.clauses if c.acts_on is None and c.parameter == parameter and in_force(c)]
    return value(setting[-1]) if setting else nan


def row_le(a, b):
    return a <= b


def row_ge(a, b):
    return a >= b


def row_gt(a, b):
    return a > b


def row_lt(a, b):
    return a < b


def row_eq(a, b):
    return a == b


def same(one, other):
    return one.keys() == other.keys() and all(
        one[name] == other[name] or (isnan(one[name]) and isnan(other[name])) for name in one
    )


@given(data=st.data())
def test_the_trace_alone_explains_the_verdict(worlds, data):
    """From the trace, and which row acts on which, the parameters and so every limit finding can be worked out."""
    protocol, cohort = data.draw(worlds)
    for record in cohort:
        judgement = protocol.judge(record)
        steps = {step.number: step for step in judgement.trace}
        assert len(steps) == len(judgement.trace) == len(protocol.clauses)
        row = facts(record)
        for clause in protocol.clauses:
            step = steps[clause.number]
            acting = [other for other in protocol.clauses if other.acts_on == clause.number]
            assert [field for field, _ in step.reads] == [condition.field for condition in clause.when]
            assert all(found == row[field] or isnan(row[field]) for field, found in step.reads)
            assert step.met == all(c.holds(row) for c in clause.when)
            assert set(step.revoked_by) == {o.number for o in acting if o.value is None and steps[o.number].applies}
            assert step.applies == (step.met and not step.revoked_by)
            replaced = [steps[o.number].value for o in acting if o.value is not None and steps[o.number].applies]
            assert step.value == (replaced[-1] if replaced and clause.value is not None else clause.value)
        from_trace = {}
        for name in QUANTITIES:
            own = [c.number for c in protocol.clauses if c.acts_on is None and c.parameter == name]
            applying = [steps[number].value for number in own if steps[number].applies]
            from_trace[name] = applying[-1] if applying else nan
        assert same(judgement.parameters, from_trace)
        past = {
            check.parameter
            for check in protocol.limits
            if not within(check.op, quantity(record, check.quantity), from_trace[check.parameter])
        }
        by_quantity = {quantity: parameter for parameter, (quantity, _) in QUANTITIES.items()}
        found = {by_quantity[f.quantity] for f in judgement.findings if f.error_type != DATES}
        assert found == past


def within(op, observed, limit):
    return observed <= limit if op == "<=" else observed >= limit


def quantity(record: PatientRecord, name: str) -> float:
    if name == "delay":
        return (record.treatment_start - record.enrolment_date).days
    value = getattr(record, name)
    return nan if value is None else value


@given(data=st.data())
def test_a_check_names_every_field_that_it_reads(worlds, data):
    protocol, cohort = data.draw(worlds)
    full = columns(cohort)
    for fields, passes in protocol.checks:
        assert list(passes({name: full[name] for name in fields})) == list(passes(full))


@given(data=st.data())
def test_only_the_checks_that_read_what_varies_are_made(worlds, data):
    """`varying` leaves out checks that the others pass anyway."""
    protocol, cohort = data.draw(worlds)
    first = cohort[0]
    if protocol.judge(first).verdict != COMPLIANT:
        return
    varied = [replace(first, age=record.age, haemoglobin=record.haemoglobin) for record in cohort]
    assert list(protocol.compliant(columns(varied), ("age", "haemoglobin"))) == list(
        protocol.compliant(columns(varied))
    )
