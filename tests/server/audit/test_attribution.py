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


def shapley_values(checks, record_facts, background):
    return shapley_values_and_passing(checks, record_facts, background)[0]


Cohort = dict[str, np.ndarray]


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
        ([threshold_check("age")], {"age": np.array([])}, ValueError, "the background has no records"),
        # A field that a check reads without naming it.
        ([(("age",), lambda cohort: cohort["stage"] > 2)], {"age": np.ones(2)}, KeyError, "stage"),
    ],
)
def test_what_cannot_be_attributed_is_refused_by_name(checks, background, problem, told):
    with pytest.raises(problem, match=told):
        shapley_values(checks, dict.fromkeys(background, 1.0), background)
