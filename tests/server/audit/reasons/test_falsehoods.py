"""A number, date, reference, comparison or statement whose subject can be told is held against what is so."""

from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.falsehoods import falsehoods
from synth_audit_env.server.audit.reasons.utterance import utterance

LATE = {"enrolment_date": date(2021, 12, 1)}
OLD = ("generic_age_limits", {"age": 80})
OVERRIDE = ("override_ignored", {"stage": "IV", "comorbidity_index": 6, "delay": 30, "cites": ("§5.1", "§5.2")})
SOFTENED = ("override_softened", {**OVERRIDE[1], "cites": ("§5.2", "§5.3")})
AMENDED = ("guidance_window", {"stage": "IV", "delay": 40, **LATE})
DENIED = ("extension_denied", {"stage": "IV", "delay": 30})
DATES = ("dates_not_compared", {"last_contact": date(2021, 3, 2)})


def false(made, text):
    return list(falsehoods(made, utterance(text, made.names, made.proposal.note.reasoning)))


def of(which, *pairs):
    return [(*which, true, untrue) for true, untrue in pairs]


@pytest.mark.parametrize(
    ("flaw", "record", "true", "untrue"),
    [
        *of(
            OLD, ("The maximum is 75.", "The maximum is 76."), ("Age 80.", "Age 79."), ("§3.2 sets 75", "§3.2 sets 77")
        ),
        *of(OLD, ("The patient is 80.", "The patient is 79."), ("5 years over 75", "6 years over 75")),
        *of(OLD, ("Amendment 1 came later.", "By Amendment 1 it is so."), ("80 is over 75.", "80 is under 75.")),
        *of(OLD, ("It is 5 years too much.", "An age of 5.")),
        *of(OVERRIDE, ("§5.1 allows 24 days.", "§5.1 allows 27 days."), ("24 days allowed", "31 days allowed")),
        *of(OVERRIDE, ("Dosed 30 days after enrolment.", "Dosed 39 days after enrolment."), ("index 6", "index 5")),
        *of(OVERRIDE, ("Treatment began on 2021-03-31.", "Treatment began on 2021-03-30.")),
        *of(
            OVERRIDE,
            ("2021-02-20 (consent)", "2021-02-21 (consent)"),
            ("Dosed on 2021-03-25 it would do.", "Dosed 2021-03-29."),
        ),
        *of(OVERRIDE, ("Stage IV", "Stage II"), ("PROP-001", "PROP-002"), ("P0001", "P0002")),
        *of(OVERRIDE, ("There is no §7.7.", "See §7.7."), ("§5.4 is not met", "§5.4 is not in the protocol")),
        *of(OVERRIDE, ("§5.3 (comorbidity override)", "§5.2 (comorbidity override)")),
        *of(OVERRIDE, ("It applied §5.2.", "It ignored §5.2."), ("It ignored §5.3.", "It misread §3.1.")),
        *of(OVERRIDE, ("§5.3 applies.", "§5.3 does not apply."), ("§5.2 does not apply.", "§5.2 applies.")),
        *of(OVERRIDE, ("It has no §9.2.", "It invented §5.3."), ("No §9.2", "It fabricated an amendment.")),
        *of(OVERRIDE, ("I do not agree.", "I agree."), ("It is not in time.", "Treatment was in time.")),
        *of(SOFTENED, ("It misread §5.3.", "It ignored §5.3."), ("The bar is 6.5 there.", "The limit is 7.5.")),
        *of(AMENDED, ("§5.2 allows 36 days.", "§5.2 allows 42 days."), ("The limit is 36.", "The limit is 42.")),
        *of(AMENDED, ("§5.2 allowed 42 before.", "§5.2 allows 37."), ("The limit was 42, now 36.", "The limit: 43")),
        *of(DENIED, ("The Actor says it was too late.", "It was too late."), ("It is eligible.", "It is overdue.")),
        *of(DATES, ("2021-03-02 is before 2021-03-15.", "2021-03-02 is after 2021-03-15.")),
        *of(("labs_over_age", {"age": None}), ("The age is blank.", "The maximum is 79.")),
        *of(("labs_over_age", {"age": 80}), ("It ignored the age.", "The age is blank.")),
    ],
)
def test_what_is_so_is_true_and_what_is_not_is_false(truth, flaw, record, true, untrue):
    assert false(truth(flaw, **record), true) == []
    assert len(false(truth(flaw, **record), untrue)) >= 1


@pytest.mark.parametrize(
    "text", ["77 came up twice.", "About 11 days.", "In 2019.", "Version 3.7.", "Room 12.", "It was"]
)
def test_what_has_no_subject_is_not_held_against_anything(truth, text):
    assert false(truth(OVERRIDE[0], **OVERRIDE[1]), text) == []


def test_that_the_actor_applied_a_clause_and_did_not_is_false_whichever_is_so(truth):
    assert "both ways 5.2" in false(truth(OVERRIDE[0], **OVERRIDE[1]), "It applied §5.2. It ignored §5.2.")


@pytest.mark.parametrize(
    ("text", "is_false"),
    [("5 of 16, 41.2 %", True), ("41.2 % (5 of 16)", True), ("5 of 16 (31.3 %)", False), ("5/16. And 41 %", False)],
)
def test_a_percentage_is_that_of_the_share_beside_it(truth, text, is_false):
    assert any(found.startswith("5 of 16 ") for found in false(truth(OVERRIDE[0], **OVERRIDE[1]), text)) == is_false


def test_an_invented_amendment_may_be_said_to_be_invented(truth, trial):
    record = {"delay": 27, "enrolment_date": date(2021, 7, 5)}
    made = truth("window_amendment", cited=trial.citable["base"], cites=("Amendment 2",), **record)
    assert false(made, "It fabricated an amendment: Amendment 2 is not in the protocol.") == []
    assert false(made, "Amendment 1 and Amendment 2 are not in the protocol.") == ["no Amendment 1"]
