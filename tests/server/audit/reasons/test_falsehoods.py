"""A number, date, reference, comparison, deed or statement whose subject can be told is held against what is so."""

import pytest

from synth_audit_env.server.audit.reasons.falsehoods import falsehoods
from synth_audit_env.tests.server.audit.reasons.cases import said

OLD = ("misquoted_limit", {"age": 80, "read": 85.0})
OVERRIDE, AMENDED, EARLY, STRICT, MISREAD, ANCHOR, INVERTED = (
    (operator, {})
    for operator in ("dropped", "superseded", "premature", "boundary", "misquoted_value", "wrong_anchor", "inverted")
)


def false(made, text):
    return list(falsehoods(made, said(made, text)))


def of(which, *pairs):
    return [(which, true, untrue) for true, untrue in pairs]


@pytest.mark.parametrize(
    ("which", "true", "untrue"),
    [
        *of(OLD, ("The maximum is 75.", "The maximum is 76."), ("Age 80.", "Age 79.")),
        *of(OLD, ("§3.2 sets 75", "§3.2 sets 77"), ("The patient is 80.", "The patient is 79.")),
        *of(OLD, ("5 years over 75", "6 years over 75"), ("80 is over 75.", "80 is under 75.")),
        *of(OLD, ("Amendment 1 came later.", "By Amendment 1 it is so."), ("It is 5 years too much.", "An age of 5.")),
        *of(OLD, ("The Actor read 85.", "The Actor read 84."), ("It is 75, not 85.", "It is 75, not 84.")),
        *of(OLD, ("The Actor took 85 for the limit.", "The limit is 85."), ("The age is 80.", "The age is 85.")),
        *of(OVERRIDE, ("§5.1 allows 24 days.", "§5.1 allows 27 days."), ("24 days allowed", "31 days allowed")),
        *of(OVERRIDE, ("Dosed 30 days after enrolment.", "Dosed 39 days after enrolment."), ("index 6", "index 5")),
        *of(OVERRIDE, ("Treatment began on 2021-03-31.", "Treatment began on 2021-03-30.")),
        *of(OVERRIDE, ("2021-02-20 (consent)", "2021-02-21 (consent)")),
        *of(OVERRIDE, ("Dosed on 2021-03-25 it would do.", "Dosed 2021-03-29.")),
        *of(OVERRIDE, ("Stage IV", "Stage II"), ("PROP-001", "PROP-002"), ("P0001", "P0002")),
        *of(OVERRIDE, ("There is no §7.7.", "See §7.7."), ("§5.4 is not met", "§5.4 is not in the protocol")),
        *of(OVERRIDE, ("§5.3 (comorbidity override)", "§5.2 (comorbidity override)")),
        *of(OVERRIDE, ("It applied §5.2.", "It ignored §5.2."), ("It ignored §5.3.", "It misread §3.1.")),
        *of(OVERRIDE, ("§5.3 applies.", "§5.3 does not apply."), ("§5.2 does not apply.", "§5.2 applies.")),
        *of(OVERRIDE, ("It has no §9.2.", "It invented §5.3."), ("No §9.2", "It fabricated an amendment.")),
        *of(OVERRIDE, ("I do not agree.", "I agree."), ("It is not in time.", "Treatment was in time.")),
        *of(OVERRIDE, ("It is past the window.", "It is within the window."), ("Too late.", "Below the limit.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It read §5.3 the wrong way round.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It used §5.2 without its condition.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It misquoted the limit of §5.2."), ("", "It misread the delay.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It took a value at the limit for a breach.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It counted from consent.")),
        *of(OVERRIDE, ("It ignored §5.3.", "It has the LDH of the wrong laboratory.")),
        *of(OVERRIDE, ("By §5.1, 24 days.", "By §5.1, 27 days.")),
        *of(
            OVERRIDE,
            ("At 30 the patient is late.", "At 31 the patient is late."),
            ("At 24 the limit is.", "At 31 he is."),
        ),
        *of(OVERRIDE, ("§5.4 asks for at least 11.5.", "§5.4 asks for at least 11.7."), ("", "It wants under 25.")),
        *of(OVERRIDE, ("P0001 got 30.", "P0001 got 31."), ("Treated on day 30.", "Treated on day 31.")),
        *of(OVERRIDE, ("The 24 day limit", "The 27 day limit"), ("Limit: 30 against 24.", "The limit is < 26.")),
        *of(OVERRIDE, ("Index 6 -> limit 24.", "Index 6 -> limit 26.")),
        *of(OVERRIDE, ("No limit of 42 here.", "Limit 43 here.")),
        *of(
            OVERRIDE, ("30, and at most 24 is allowed.", "30 is below 24."), ("Wrong limit: 42.", "Misread limit: 42.")
        ),
        *of(OVERRIDE, ("The required delay is at most 24, against 30.", "The required delay is 25, against 30.")),
        *of(
            OVERRIDE,
            ("30 days is not within the 24 days allowed.", "It ignored §5.3. 30 days is below the 24 days allowed."),
            ("It held 30 against 42 days rather than 24.", "It held 30 days against 44 days rather than 24."),
            ("§5.2 gives 42, and this one is above the 24 of §5.1.", "The 31 is above the 24 of §5.1."),
            ("It is late by a margin of 6 days.", "It is late by a margin of 7 days."),
            ("It took the wrong limit, 42 days; 24 days count.", "It took the wrong limit, and 31 days is the limit."),
            ("The Actor missed that 24 days are restored, so 24 days is the limit.", "The limit is 26 days."),
        ),
        *of(MISREAD, ("A figure 3 years lower than 77.", "The age is 3.")),
        *of(
            OVERRIDE,
            ("§9.1 (Televisit equivalence), §5.3 (override)", "See §5.3, Televisit equivalence."),
            ("Haemoglobin 10, more than 11.5 required.", "Haemoglobin 10 is more than 11.5."),
        ),
        *of(MISREAD, ("At 77 years, the maximum of 75 is exceeded.", "At 78 years, the maximum of 75 is exceeded.")),
        *of(AMENDED, ("It was not amended in its reading.", "Amendment 3 is not in the protocol.")),
        *of(AMENDED, ("Amendment 1 is in force.", "Amendment 1 is not in the list.")),
        *of(EARLY, ("Amendment 1 counts from enrolment on 2021-06-01.", "Enrolment was on 2021-06-01.")),
        *of(EARLY, ("The note puts enrolment at 2021-06-01.", "The record puts enrolment at 2021-06-01.")),
        *of(EARLY, ("As the Actor rightly says, §3.2 counts.", "The Actor rightly says so.")),
        *of(EARLY, ("The hold is not justified.", "The hold is justified.")),
        *of(INVERTED, ("It reversed the condition of §5.3.", "It misquoted the threshold of §5.3.")),
        *of(INVERTED, ("It did not apply §5.3.", "It reversed the condition of §5.2.")),
        *of(AMENDED, ("§5.2 allows 36 days.", "§5.2 allows 42 days."), ("The limit is 36.", "The limit is 42.")),
        *of(AMENDED, ("§5.2 allowed 42 before.", "§5.2 allows 37."), ("The limit was 42, now 36.", "The limit: 43")),
        *of(EARLY, ("Amendment 1 was not yet in force.", "It ignored Amendment 1."), ("It is 77.", "It is eligible.")),
        *of(AMENDED, ("It ignored Amendment 3.", "Amendment 3 was not yet in force.")),
        *of(
            STRICT, ("The Actor says 75 is above the limit.", "It is above the limit."), ("75 is allowed.", "Too old.")
        ),
        *of(STRICT, ("It is at the limit.", "It misread the age."), ("It is eligible.", "It is a deviation.")),
        *of(MISREAD, ("It misread the age.", "It misread the comorbidity index.")),
        *of(MISREAD, ("The record has 77.", "The record has 74."), ("The Actor has 74.", "The Actor has 73.")),
        *of(
            ANCHOR, ("It counted from consent.", "It ignored §5.1."), ("The delay is 20 days.", "The delay is 29 days.")
        ),
    ],
)
def test_what_is_so_is_true_and_what_is_not_is_false(case, which, true, untrue):
    made = case(which[0], **which[1])
    assert false(made, true) == []
    assert len(false(made, untrue)) >= 1


@pytest.mark.parametrize(
    "text", ["77 came up twice.", "About 11 days.", "In 2019.", "Version 3.7.", "Room 12.", "It was"]
)
def test_what_has_no_subject_is_not_held_against_anything(case, text):
    assert false(case("dropped"), text) == []


@pytest.mark.parametrize(
    ("which", "text"),
    [
        (OLD, "§3.2 is 85? No, it is 75."),
        (OLD, "Had the Actor used 75 rather than 85, it would have seen it."),
        (OLD, "Applying §3.1 properly changes nothing."),
        (OVERRIDE, "§5.2 uses 42 days; Actor, 42."),
        (OVERRIDE, "The 42 days that the Actor relies on was changed by §5.3."),
        (OVERRIDE, "You took day 0 to be another one."),
        (OVERRIDE, "The Actor had it the other way."),
        (OVERRIDE, "Ineligible for §5.4."),
        (EARLY, "Amendment 1 can't be used here."),
        (EARLY, "Without Amendment 1 §3.2 keeps its original limit."),
        (INVERTED, "§5.3 was read upside-down."),
    ],
)
def test_what_can_be_meant_otherwise_is_not_false(case, which, text):
    assert not false(case(which[0], **which[1]), text)


def test_that_the_actor_applied_a_clause_and_did_not_is_false_whichever_is_so(case):
    assert "both ways 5.2" in false(case("dropped"), "It applied §5.2. It ignored §5.2.")


@pytest.mark.parametrize(
    ("text", "is_false"),
    [("5 of 16, 41.2 %", True), ("41.2 % (5 of 16)", True), ("5 of 16 (31.3 %)", False), ("5/16. And 41 %", False)],
)
def test_a_percentage_is_that_of_the_share_beside_it(case, text, is_false):
    found = false(case("dropped"), text)
    assert any(one.startswith("5 of 16 ") for one in found) == is_false


def test_an_invented_amendment_may_be_said_to_be_invented(case):
    made = case("invented")
    assert false(made, "It fabricated an amendment: Amendment 2 is not in the protocol.") == []
    assert false(made, "Amendment 1 and Amendment 2 are not in the protocol.") == ["no Amendment 1"]
