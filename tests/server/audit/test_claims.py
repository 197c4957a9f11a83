"""A claim is held against every true one: fault, place and number, in any spelling; and the claims are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.fault_types import FAULTS
from synth_audit_env.models import MAX_ID, FaultClaim
from synth_audit_env.server.audit.claims import FaultCounts, claim_verdict, number, place
from synth_audit_env.server.world.faults import Fault

IGNORED = Fault("clause_ignored", ("5.3",), ("16",))
AMENDED = Fault("clause_misapplied", ("Amendment 2",), ("16", "2024-03-05"))
RECORD = Fault("record_misread", ("delay", "treatment delay", "treatment_start"), ("31", "2024-04-05"))
INVENTED = Fault("not_in_protocol", ("Amendment 9",), ())
TRUE = (IGNORED, AMENDED, RECORD, INVENTED)


def verdict(fault, where, should_be=None):
    return tuple(claim_verdict(TRUE, FaultClaim(fault=fault, where=where, should_be=should_be)))


@pytest.mark.parametrize("where", ["5.3", "§5.3", "§ 5.3", " 5.3. ", "Section 5.3", "clause 5.3"])
@pytest.mark.parametrize("should_be", ["16", "16.0", " 16 days", "+16", "16 mg/m2"])
def test_spellings_of_a_right_claim(where, should_be):
    assert verdict("clause_ignored", where, should_be) == (True, True)


@pytest.mark.parametrize(
    ("claim", "came_to"),
    [
        (("clause_ignored", "5.3"), (True, False)),
        (("clause_ignored", "5.3", "17"), (True, False)),
        (("clause_ignored", "5.3", "sixteen"), (True, False)),
        (("clause_misapplied", "5.3", "16"), (False, None)),
        (("clause_ignored", "5.33", "16"), (False, None)),
        (("clause_ignored", "15.3", "16"), (False, None)),
        (("clause_ignored", "", "16"), (False, None)),
        (("clause_misapplied", "amendment 2", "2024-03-05"), (True, True)),
        (("record_misread", "Treatment_Delay", "31"), (True, True)),
        (("record_misread", "treatment_start", "2024-04-05"), (True, True)),
        (("not_in_protocol", "Amendment 9"), (True, None)),
        (("not_in_protocol", "Amendment 9", "12"), (True, None)),
        (("not_in_protocol", "Amendment 8"), (False, None)),
    ],
)
def test_what_a_claim_comes_to(claim, came_to):
    assert verdict(*claim) == came_to


def test_a_sound_argument_makes_every_claim_false():
    assert claim_verdict((), FaultClaim(fault="clause_ignored", where="5.3", should_be="16")) == (False, None)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("31.70", "31.7"),
        ("31.7 %", "31.7"),
        ("-2.4", "-2.4"),
        ("4.50", "4.5"),
        ("inf", "inf"),
        ("1_6", "1_6"),
        ("", ""),
    ],
)
def test_numbers(text, plain):
    assert number(text) == plain


@given(st.text(max_size=MAX_ID), st.text(max_size=MAX_ID), st.sampled_from(FAULTS))
def test_any_text_is_held_against_the_truth(where, should_be, fault):
    came_to = verdict(fault, where, should_be)
    assert came_to == (place(where) in {place(one) for t in TRUE if t.fault == fault for one in t.places}, came_to[1])


@pytest.mark.parametrize(
    ("counts", "f1"), [((3, 0, 0), 1.0), ((2, 1, 1), 2 / 3), ((0, 1, 0), 0.0), ((0, 0, 2), 0.0), ((0, 0, 0), None)]
)
def test_fault_f1(counts, f1):
    assert FaultCounts(*counts).f1 == (f1 if f1 is None else pytest.approx(f1))
