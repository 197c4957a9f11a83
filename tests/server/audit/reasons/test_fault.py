"""A text names the fault by clause and deed, or by the number that the Actor puts in the place of the true one."""

import pytest

from synth_audit_env.server.audit.rationale import names_fault
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.tests.server.audit.reasons.cases import said

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
    "boundary": ["The Actor is too strict on it.", "75 is the limit.", "age_boundary_error: 75 is the limit."],
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
SET_RIGHT = {
    "misquoted_threshold": [
        "The index of 6 is above 4.5, so §5.3 applies.",
        "An index over 4.5 is enough, and this patient has an index of 6, which the Actor holds to be too little.",
    ],
    "unconditional": [
        "§5.2 is for Stage IV, and this patient is Stage III, so it does not apply.",
        "This patient is Stage III. The Actor applied §5.2, which asks for Stage IV.",
    ],
    "inverted": [
        "The index is 6, above 4.5, so §5.3 is not out.",
        "The Actor mixed up above and below for the index.",
        "The condition of §5.3, an index above 4.5, is met by 6. The Actor has it otherwise.",
    ],
}
"""The condition that the Actor has wrong, held against the record."""
OFF = {
    "misquoted_value": [
        *["The Actor put the age 3 years too low: it is 77.", "The age is understated in the note. It is 77."],
        "The Actor took an age that is lower than the recorded one, 77.",
    ],
    "misquoted_limit": [
        *["The limit of §3.2 is overstated: it is 75.", "The note puts the maximum of §3.2 too high. It is 75."],
        *["Wrong limit for the age: 75 is the maximum.", "It gets the limit of the age wrong: it's 75."],
    ],
}
"""On which side of the true number the Actor's is, beside the true one."""
STATED_ONLY = {
    "dropped": ["§5.3 allows 24 days, and 30 days is not within it.", "The Actor used §5.3.", "§5.3 does not apply."],
    "misquoted_limit": ["The age of 77 does not meet the 75 of §3.2."],
    "boundary": ["The age is 75, and 75 is the limit."],
    "misquoted_threshold": [
        "The index of 6 is above 4.5.",
        "The index is 6. The Actor looked at §5.3.",
        "The index of 6 is above 4.5 (§5.3), and haemoglobin of 10 is not at least 11.5 (§5.4).",
        "The Actor has 8.5 for the threshold of §5.3; the index is 6, above 4.5.",
    ],
    "unconditional": ["The Stage IV exception: this patient is Stage III.", "The patient is Stage III."],
    "misquoted_value": [
        "The Actor put the age too high: it is 77.",
        "The age is understated in the note.",
        "Is 77 understood?",
    ],
}
"""Evidence, or the contrary: nothing that the Actor did wrong."""


def each(texts):
    return [(operator, text) for operator, several in texts.items() for text in several]


@pytest.mark.parametrize(("operator", "text"), [*each(NAMED), *each(UNKNOWN_VERBS), *each(SET_RIGHT), *each(OFF)])
def test_the_fault_is_named_whatever_the_verb(case, operator, text):
    made = case(operator)
    assert names_fault(made, said(made, text))


@pytest.mark.parametrize(("operator", "text"), [*each(NOT_NAMED), *each(STATED_ONLY)])
def test_a_clause_alone_its_use_a_guess_a_list_evidence_or_the_fault_of_another_is_none(case, operator, text):
    made = case(operator)
    assert not names_fault(made, said(made, text))


def test_a_misquoted_number_that_the_note_gives_is_to_be_given(case):
    made = case("misquoted_limit", note="The limit is 79 years.")
    assert not names_fault(made, said(made, "The Actor misquoted the limit of §3.2."))
    assert names_fault(made, said(made, "The Actor misquoted the limit of §3.2: 79, not 75."))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *[("The Actor leans on §9.2.", True), ("§9.2 is not in the protocol.", True)],
        *[("§9.2 is about consent.", False), ("The Actor leans on §9.1.", False)],
    ],
)
def test_a_reference_that_is_not_there_is_named_with_what_is_made_of_it(fabricated, text, named):
    assert names_fault(fabricated, said(fabricated, text)) == named


def test_of_a_gap_it_names_the_crude_one_as_wrong_and_no_recital_does(scenarios):
    wrong = [(s, p) for s in scenarios("expert", 30) for p in s.proposals if p.error_type == "bias_blind_spot"]
    assert wrong
    for made in (ground_truth(scenario, proposal) for scenario, proposal in wrong):
        for named in (
            "Wrong metric (crude).",
            "Why the crude gap?",
            "Stage was left out.",
            "It rests on the crude gap.",
        ):
            assert names_fault(made, said(made, named)), named
        for recited in (
            *("The crude gap does not decide.", "crude gap +6.2, stage-adjusted +19.7"),
            "This is wrong: crude 6.",
        ):
            assert not names_fault(made, said(made, recited)), recited
