"""A text names the fault by clause and deed, or by the number that the Actor puts in the place of the true one."""

from datetime import date

import pytest

from synth_audit_env.server.audit.rationale import names_fault
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.server.audit.reasons.utterance import utterance

OVERRIDDEN = {"stage": "IV", "comorbidity_index": 6, "delay": 30}
CASES = {
    "dropped": ("5.3", OVERRIDDEN),
    "superseded": ("Amendment 3", {"stage": "IV", "delay": 40, "enrolment_date": date(2021, 12, 1)}),
    "premature": ("Amendment 1", {"age": 77}),
    "invented": ("Amendment 2", {"delay": 27, "enrolment_date": date(2021, 7, 5)}),
    "misquoted_limit": ("3.2", {"age": 77, "read": 79.0}),
    "misquoted_threshold": ("5.3", {**OVERRIDDEN, "read": 6.5}),
    "unconditional": ("5.2", {"stage": "III", "delay": 30}),
    "inverted": ("5.3", OVERRIDDEN),
    "boundary": ("3.2", {"age": 75}),
    "misquoted_value": ("3.2", {"age": 77, "field": "age", "by": -3.0}),
    "wrong_anchor": ("5.1", {"delay": 20}),
}
NAMED = {
    "dropped": [
        *["The Actor never read §5.3.", "Override overlooked.", "The override should have been applied."],
        *["Did the Actor read §5.3?", "The Actor used 42 days and not the 24 that count."],
    ],
    "superseded": ["The Actor ignored Amendment 3.", "The Actor judged by the outdated text of §5.2."],
    "premature": [
        "The Actor applied Amendment 1 before it was in force.",
        "Amendment 1 does not apply, and the Actor used it.",
    ],
    "invented": ["The Actor leans on Amendment 2, which is not in the protocol.", "There is no Amendment 2."],
    "misquoted_limit": ["The Actor read 79 where §3.2 says 75.", "The Actor misquoted the limit of §3.2."],
    "misquoted_threshold": [
        "The Actor took 6.5 for the threshold, and it is 4.5.",
        "It misread the threshold of §5.3.",
    ],
    "unconditional": [
        *["The Actor applied §5.2 without its condition.", "The Actor applied §5.2, which does not apply."],
        "The condition of §5.2 was never checked.",
    ],
    "inverted": ["The Actor read §5.3 the wrong way round.", "The condition of the override was reversed."],
    "boundary": ["The Actor took a value at the limit for a breach.", "75 is equal to the limit, which is inclusive."],
    "misquoted_value": ["The Actor has 74 for the age, and it is 77.", "The Actor misread the age in the record."],
    "wrong_anchor": ["The Actor counted from consent.", "The Actor has 29 days, and from enrolment it is 20."],
}
NOT_NAMED = {
    "dropped": [
        *["§5.3 is what counts.", "The Actor is wrong: §5.3.", "The Actor may have ignored §5.3."],
        *["The Actor applied or ignored §5.3.", "The Actor ignored §5.1, §5.2, §5.3 and §5.4."],
        *["The Actor applied §5.2.", "The Actor misapplied §5.3.", "42 is a number."],
    ],
    "superseded": ["Amendment 3 counts.", "The Actor applied §5.2."],
    "premature": ["Amendment 1 does not apply.", "The Actor used Amendment 1."],
    "invented": ["The Actor used Amendment 2.", "Amendment 9 is not in the protocol."],
    "misquoted_limit": ["The Actor read 79.", "The limit of §3.2 is 75.", "The Actor misread §3.1."],
    "misquoted_threshold": ["The Actor spoke of §5.3.", "The Actor misquoted the limit of §5.3."],
    "unconditional": ["The Actor applied §5.2.", "§5.2 does not apply."],
    "inverted": ["The Actor spoke of §5.3.", "The Actor read §5.1 the wrong way round."],
    "boundary": ["The Actor is too strict on it.", "75 is the limit."],
    "misquoted_value": ["The Actor has 74.", "The age is 77.", "The Actor misread the comorbidity index."],
    "wrong_anchor": ["Consent was given.", "The delay is 20 days."],
}


UNKNOWN_VERBS = {
    "dropped": [
        *["It went straight past §5.3.", "You forgot about §5.3!", "§5.3 was not picked up.", "§5.3 isn't dealt with."],
        "The Actor argues from the general rule; somebody should have gone on. The Actor is silent on §5.3.",
    ],
    "superseded": ["The Actor seems unaware of Amendment 3.", "Amendment 3 never made it into the review."],
    "premature": ["Jumped the gun on Amendment 1: it wasn't effective yet, but the Actor used it."],
    "misquoted_limit": [
        "§3.2 is set at 75; assuming 79, as was done here, is wrong.",
        "Actor: §3.2 = 79. Protocol: 75.",
    ],
    "misquoted_value": ["74? The age is actually 77."],
    "boundary": ["Exactly 75 is still within the rule.", "The Actor took 75 against a maximum of 75 for a breach."],
    "inverted": ["Direction error in §5.3."],
    "wrong_anchor": ["Anchor date error: consent instead of enrolment."],
}
"""The deed is in words of no list: the clause, the two numbers or the two dates say what it was."""
STATED_ONLY = {
    "dropped": ["§5.3 allows 24 days, and 30 days is not within it.", "The Actor used §5.3.", "§5.3 does not apply."],
    "misquoted_limit": ["The age of 77 does not meet the 75 of §3.2."],
    "boundary": ["The age is 75, and 75 is the limit."],
}
"""Evidence, or the contrary: nothing that the Actor did wrong."""


def each(texts):
    return [(operator, text) for operator, several in texts.items() for text in several]


def names(truth, operator, text, **more):
    clause, record = CASES[operator]
    made = truth(operator, clause, **record, **more)
    return names_fault(made, utterance(text, made.names, made.proposal.note.reasoning))


@pytest.mark.parametrize(("operator", "text"), each(NAMED))
def test_the_fault_is_named(truth, operator, text):
    assert names(truth, operator, text)


@pytest.mark.parametrize(("operator", "text"), each(NOT_NAMED))
def test_a_clause_alone_a_guess_a_list_or_the_fault_of_another_is_none(truth, operator, text):
    assert not names(truth, operator, text)


@pytest.mark.parametrize(("operator", "text"), each(UNKNOWN_VERBS))
def test_a_fault_is_named_whatever_the_verb(truth, operator, text):
    assert names(truth, operator, text)


@pytest.mark.parametrize(("operator", "text"), each(STATED_ONLY))
def test_evidence_and_a_use_of_the_clause_name_no_fault(truth, operator, text):
    assert not names(truth, operator, text)


def test_a_misquoted_number_that_the_note_gives_is_to_be_given(truth):
    note = "The limit is 79 years."
    assert not names(truth, "misquoted_limit", "The Actor misquoted the limit of §3.2.", note=note)
    assert names(truth, "misquoted_limit", "The Actor misquoted the limit of §3.2: 79, not 75.", note=note)


def test_a_reference_that_is_not_there_is_named_with_what_the_actor_or_the_protocol_makes_of_it(fabricated):
    def named(text):
        return names_fault(fabricated, utterance(text, fabricated.names, fabricated.proposal.note.reasoning))

    assert named("The Actor leans on §9.2.")
    assert named("§9.2 is not in the protocol.")
    assert not named("§9.2 is about consent.")
    assert not named("The Actor leans on §9.1.")


def test_of_a_gap_it_names_the_crude_one_as_wrong_and_no_recital_does(scenarios):
    wrong = [(s, p) for s in scenarios("expert", 30) for p in s.proposals if p.error_type == "bias_blind_spot"]
    assert wrong
    for scenario, proposal in wrong:
        made, note = ground_truth(scenario, proposal), proposal.note.reasoning
        for named in (
            "Wrong metric (crude).",
            "Why the crude gap?",
            "Stage was left out.",
            "It rests on the crude gap.",
        ):
            assert names_fault(made, utterance(named, made.names, note)), named
        for recited in (
            "The crude gap does not decide.",
            "crude gap +6.2, stage-adjusted +19.7",
            "This is wrong: crude 6.",
        ):
            assert not names_fault(made, utterance(recited, made.names, note)), recited
