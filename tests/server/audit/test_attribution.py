"""Shapley values against their definition (every permutation, in fractions) and against shap's Exact."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import permutations
from math import factorial, nan
from operator import eq, ge, gt, le, lt, or_

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.server.audit.attribution import MAX_FIELDS, Check, shapley_values_and_passing
from synth_audit_env.server.world.protocol import Clause, Condition, Protocol
from synth_audit_env.server.world.quantities import LIMITS


def shapley_values(checks, record_facts, background):
    return shapley_values_and_passing(checks, record_facts, background)[0]


FIRST_DAY = 738_000.0
"""Ordinal of a day in July 2021, when enrolment began; every other date is in days from enrolment, as in `facts`."""

AGE_LIMITS = (Clause("2.1", "age_min", 40), Clause("2.2", "age_max", 75))
STAGE_IV = Condition("stage", "==", 4)
EXTENSION = Clause("4.2", "window_days", 35, when=(STAGE_IV,))
OVERRIDE = Clause("4.3", "window_days", None, (Condition("comorbidity_index", ">", 3.5),), acts_on="4.2")
WAIVER = Clause("4.4", "window_days", None, (Condition("ecog", "<=", 1),), acts_on="4.3")
AMENDMENT = Clause(
    "Amendment 2", "window_days", 28, (Condition("enrolment_date", ">=", FIRST_DAY + 60),), acts_on="4.1"
)
ORGANS = (Clause("2.4", "haemoglobin_min", 10), Clause("2.5", "creatinine_max", 1.5))
ON_DATES = (Clause("5.1", "consent_days", 2), Clause("5.2", "contact_days", 40), Clause("5.3", "registry_days", 8))
BASE = Clause("4.1", "window_days", 21)

CLAUSES = {
    "age alone": AGE_LIMITS,
    "exception": (BASE, EXTENSION),
    "override": (*AGE_LIMITS, BASE, EXTENSION, OVERRIDE),
    "waiver and amendment": (BASE, EXTENSION, OVERRIDE, WAIVER, AMENDMENT),
    "dates": ON_DATES,
    "out of reach": (*AGE_LIMITS, BASE, Clause("4.2", "window_days", 90, when=(Condition("ecog", ">", 9), STAGE_IV))),
    "all": (*AGE_LIMITS, *ORGANS, BASE, EXTENSION, OVERRIDE, WAIVER, AMENDMENT, *ON_DATES),
}


def protocol_of(clauses):
    """With the checks that its clauses set limits for."""
    return Protocol(clauses, tuple(LIMITS[name] for name in dict.fromkeys(clause.parameter for clause in clauses)))


PROTOCOLS = {name: protocol_of(clauses) for name, clauses in CLAUSES.items()}

Cohort = dict[str, np.ndarray]


def random_cohort(seed: int, size: int) -> Cohort:
    """Records near every limit above, some of them with a blank age, most without a death date."""
    rng = np.random.default_rng(seed)
    enrolment = FIRST_DAY + rng.integers(0, 120, size)
    start = rng.integers(5, 45, size)
    cohort = {
        "age": np.where(rng.random(size) < 0.05, nan, rng.integers(30, 85, size)),
        "ecog": rng.integers(0, 4, size),
        "comorbidity_index": rng.integers(0, 8, size),
        "stage": rng.integers(1, 5, size),
        "haemoglobin": rng.normal(12, 1.5, size),
        "creatinine": rng.normal(1.1, 0.3, size),
        "consent_date": -rng.integers(-1, 15, size),
        "enrolment_date": enrolment,
        "treatment_start": start,
        "last_contact": start + rng.integers(0, 400, size),
        "death_date": np.where(rng.random(size) < 0.6, nan, start + rng.integers(-4, 400, size)),
    }
    return {name: column.astype(np.float64) for name, column in cohort.items()}


def record_of(cohort: Mapping[str, np.ndarray], index: int) -> dict[str, float]:
    return {name: float(column[index]) for name, column in cohort.items()}


def fields_of(checks: Sequence[Check]) -> list[str]:
    return list(dict.fromkeys(name for fields, _ in checks for name in fields))


def passing(checks: Sequence[Check], hybrid: Mapping[str, np.ndarray]) -> int:
    """How many hybrid records pass every check."""
    return int(np.logical_and.reduce([passes(hybrid) for _, passes in checks]).sum())


def by_definition(checks: Sequence[Check], record: Mapping[str, float], background: Cohort) -> dict[str, Fraction]:
    """The mean, over all orders in which the fields may join, of what each adds when it does."""
    names = fields_of(checks)
    size = len(background[names[0]])
    worth: dict[frozenset[str], int] = {}

    def value(coalition: frozenset[str]) -> int:
        if coalition not in worth:
            hybrid = {n: np.full(size, record[n]) if n in coalition else background[n] for n in names}
            worth[coalition] = passing(checks, hybrid)
        return worth[coalition]

    totals = dict.fromkeys(names, 0)
    for order in permutations(names):
        joined: frozenset[str] = frozenset()
        for name in order:
            totals[name] += value(joined | {name}) - value(joined)
            joined |= {name}
    return {name: Fraction(total, size * factorial(len(names))) for name, total in totals.items()}


def rule(terms: Sequence[tuple[str, Callable, str | float, bool]]) -> Check:
    """Passes where any of the comparisons is true, or, for those marked so, is not."""

    def passes(columns):
        found = []
        for name, compare, other, negated in terms:
            truth = compare(columns[name], columns[other] if isinstance(other, str) else other)
            found.append(~truth if negated else truth)
        return reduce(or_, found)

    read = dict.fromkeys(n for name, _, other, _ in terms for n in (name, other) if isinstance(n, str))
    return tuple(read), passes


def threshold_check(name: str, limit: float = 0.5) -> Check:
    return (name,), lambda cohort: cohort[name] >= limit


FIELDS = ("a", "b", "c", "d", "e")
values = st.sampled_from([0.0, 1.0, 2.0, nan])
limits = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])
names = st.sampled_from(FIELDS)
comparisons = st.one_of(
    st.tuples(names, st.sampled_from([le, ge, gt, lt, eq]), limits, st.booleans()),
    st.tuples(names, st.just(lt), names, st.booleans()),
)
random_checks = st.lists(st.builds(rule, st.lists(comparisons, min_size=1, max_size=4)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    checks=random_checks,
    record=st.fixed_dictionaries(dict.fromkeys(FIELDS, values)),
    rows=st.lists(st.tuples(*[values] * len(FIELDS)), min_size=1, max_size=9),
)
def test_random_decisions_have_the_values_of_the_definition_to_the_last_bit(checks, record, rows):
    background = dict(zip(FIELDS, np.array(rows).T, strict=True))
    expected = by_definition(checks, record, background)
    assert shapley_values(checks, record, background) == {name: float(v) for name, v in expected.items()}


@pytest.mark.parametrize("name", ["override", "waiver and amendment", "dates", "out of reach"])
def test_protocols_have_the_values_of_the_definition_to_the_last_bit(name):
    checks = PROTOCOLS[name].checks
    records, background = random_cohort(1, 4), random_cohort(2, 20)
    moved = 0
    for index in range(4):
        record = record_of(records, index)
        expected = {name: float(value) for name, value in by_definition(checks, record, background).items()}
        assert shapley_values(checks, record, background) == expected
        assert name != "out of reach" or expected["ecog"] == expected["stage"] == 0.0
        moved += sum(value != 0 for value in expected.values())
    assert moved >= 4, "the cohort lets nothing matter, so this compares zeros"


def test_no_check_no_value():
    assert shapley_values((), {"age": 50.0}, {"age": np.array([60.0])}) == {}


MANY = [f"field_{index}" for index in range(MAX_FIELDS + 1)]


@pytest.mark.parametrize(
    ("checks", "background", "problem", "told"),
    [
        (
            [threshold_check(name) for name in MANY],
            {name: np.ones(2) for name in MANY},
            *(ValueError, "read 17 fields, more than 16: field_0, .*field_16"),
        ),
        (PROTOCOLS["age alone"].checks, {"age": np.array([])}, ValueError, "the background has no records"),
        # A field that a check reads without naming it.
        ([(("age",), lambda cohort: cohort["stage"] > 2)], {"age": np.ones(2)}, KeyError, "stage"),
    ],
)
def test_what_cannot_be_attributed_is_refused_by_name(checks, background, problem, told):
    with pytest.raises(problem, match=told):
        shapley_values(checks, dict.fromkeys(background, 1.0), background)
