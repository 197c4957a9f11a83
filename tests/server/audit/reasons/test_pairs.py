"""A sentence with two numbers is false where one of them is known and the other is nothing that it could be."""

import pytest

from synth_audit_env.server.audit.reasons.pairs import mispaired
from synth_audit_env.tests.server.audit.reasons.cases import said

OVERRIDE = ("dropped", {})
"""A delay of 30 days, of which §5.1 allows 24; the Actor goes by the 42 of §5.2."""
QUOTED = ("misquoted_limit", {"age": 80, "read": 85.0})
"""An age of 80 against a maximum of 75, which the Actor reads as 85."""
MISREAD = ("misquoted_value", {})
"""An age of 77, which the Actor takes for 74."""


def pairs(made, text):
    return list(mispaired(made, said(made, text)))


@pytest.mark.parametrize(
    ("which", "true", "untrue"),
    [
        (OVERRIDE, "At 30 days the patient misses the 24 days of §5.1.", "At 33 days the patient misses the 24 days."),
        (OVERRIDE, "§5.1 has 24 days and the record 30 days.", "§5.1 has 27 days and the record 30 days."),
        (OVERRIDE, "6 days too many: 30 days, and §5.1 has 24 days.", "6 days too many: 30 days, and 25 days in §5.1."),
        (OVERRIDE, "§5.2 sets 42 days, and not 24 days.", "§5.2 sets 43 days, and not 24 days."),
        (OVERRIDE, "It has 30 days where 24 days count.", "It has 24 days where 24 days count."),
        (OVERRIDE, "The index of 6 is above 3.5, and the limit is 24 days.", "It has 24 days, and 22 days are due."),
        (QUOTED, "The Actor put §3.2 at 85. It is 75.", "The Actor put §3.2 at 84. It is 75."),
        (QUOTED, "The Actor has 85 in place of 75.", "The Actor has 78 in place of 75."),
        (MISREAD, "In place of the 77 on the chart the Actor has 74.", "In place of the 77 the Actor has 71."),
        (MISREAD, "The age was misread as 74; the record has 77.", "The age was misread as 73; the record has 77."),
    ],
)
def test_two_numbers_of_a_sentence_are_held_against_each_other(case, which, true, untrue):
    made = case(which[0], **which[1])
    assert pairs(made, true) == []
    assert len(pairs(made, untrue)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The delay is 33 days.",
        "40 days and 50 days.",
        "If 24 days were the limit, 20 days would do.",
        "24, 30, 36",
    ],
)
def test_what_is_no_pair_of_value_and_limit_says_nothing(case, text):
    assert pairs(case("dropped"), text) == []


def test_a_number_of_the_next_sentence_counts_only_where_that_names_no_clause(case):
    made = case(QUOTED[0], **QUOTED[1])
    assert pairs(made, "The Actor put §3.2 at 85. §3.2 has 75.") == []
    assert pairs(made, "The Actor put §3.2 at 84. §3.2 has 75.") == []
