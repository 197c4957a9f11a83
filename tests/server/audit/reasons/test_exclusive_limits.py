"""A reason on a value at an exclusive limit, which breaks it: it is held against what that limit asks for."""

import pytest

from synth_audit_env.server.audit.rationale import names_fault
from synth_audit_env.server.audit.reasons.falsehoods import falsehoods
from synth_audit_env.tests.server.audit.reasons.cases import said

WINDOW = "The protocol wants fewer than 24 days, the record has exactly 24"
TRUE = [
    "The Actor took a value at the limit of §5.1 for one that keeps to it.",
    f"{WINDOW}, and the Actor took the limit as inclusive.",
    "24 days is not less than 24 days (§5.1), and the Actor treats 24 days as compliant.",
    "The limit is exclusive: exactly 24 days is not enough, and the Actor let it pass.",
    "The delay equals the limit of 24 days, so it is too late.",
    "A value at the limit counts as a breach, and the Actor read it as allowed.",
    "§5.1 asks for less than 24 days. A value of exactly 24 is excluded.",
    "The Actor read “less than 24 days” as including 24 days.",
]
FALSE = [
    "The Actor took a value at the limit of §5.1 for a breach of it.",
    f"{WINDOW}, and the Actor took the limit as exclusive.",
    "24 days is less than 24 days (§5.1), and the Actor let it pass.",
    "The limit is inclusive, and the Actor let a delay of exactly 24 days pass.",
    "The delay of exactly 24 days is within the limit.",
    "The limit itself is allowed, and the Actor misjudged it.",
    "The Actor is too strict with a value at the limit.",
    "§5.1 asks for less than 27 days. A value of exactly 24 is excluded.",
    "The Actor read the limit of §5.1 as a strict one.",
    "The Actor took a value at the limit of §5.1 for one that keeps to it. §5.1 asks for at most 24 days. It is 24.",
    "The Actor took a value at the limit of §5.1 for one that keeps to it. The limit is at most 24 days.",
    "The Actor took a delay of exactly 24 days in this patient, right at the limit that counts, for a breach.",
]


def examined(made, text):
    read = said(made, text)
    return names_fault(made, read), list(falsehoods(made, read))


@pytest.mark.parametrize("text", TRUE)
def test_what_is_so_of_a_lax_actor_names_the_fault_and_is_true(truth, exclusive, text):
    assert examined(truth("boundary", "5.1", trial=exclusive, delay=24), text) == (True, [])


@pytest.mark.parametrize("text", FALSE)
def test_what_is_so_of_a_strict_actor_is_false_of_a_lax_one(truth, exclusive, text):
    assert examined(truth("boundary", "5.1", trial=exclusive, delay=24), text)[1]


@pytest.mark.parametrize("text", [TRUE[0], TRUE[1].replace("fewer than", "at most"), TRUE[3], FALSE[2]])
def test_what_is_so_of_a_lax_actor_is_false_of_a_strict_one(truth, text):
    assert examined(truth("boundary", "5.1", delay=24), text)[1]


def test_a_value_at_a_least_limit_is_below_it_and_not_above(truth, exclusive):
    made = truth("boundary", "3.1", trial=exclusive, age=40)
    deed = "The Actor took a value at the limit of §3.1 for one that keeps to it."
    assert examined(made, f"{deed} The patient is too young.") == (True, [])
    assert examined(made, f"{deed} The patient is too old.")[1]


@pytest.mark.parametrize(("days", "is_false"), [(24, False), (25, True)])
def test_a_number_behind_less_than_is_a_limit(truth, exclusive, days, is_false):
    made = truth("misquoted_limit", "5.1", trial=exclusive, read=27.0, delay=25)
    text = f"The requirement is less than {days}. The Actor misquoted the limit of §5.1 as 27."
    assert bool(examined(made, text)[1]) == is_false


@pytest.mark.parametrize(("asked", "is_false"), [("at most", False), ("less than", True), ("fewer than", True)])
def test_an_inclusive_limit_is_told_as_one_whatever_the_actor_did(truth, asked, is_false):
    made = truth("misquoted_limit", "5.1", read=27.0, delay=25)
    text = f"The Actor misquoted the limit of §5.1 as 27. The protocol asks for {asked} 24 days, and it is 25."
    assert bool(examined(made, text)[1]) == is_false
