"""Which way a text argues: by its last words, by what it says should be done, and by what it says of limits."""

from itertools import product

import pytest

from synth_audit_env.server.llm_actor.stance import sentences, sides, stances
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.voice import parts_of, voices_of

ARGUED = [
    (
        {COMPLIANT},
        [
            *["Treatment should continue.", "I recommend that treatment continue as planned.", "Continue treatment."],
            *["I would not hold the drug on this file.", "There is no reason to stop treatment.", "We can proceed."],
            "Nothing calls for a pause, so continue treatment.",
            "I see no cause to change course; treatment continues.",
            "Withholding therapy would do the greater harm.",
            "I don't think dosing should be interrupted.",
        ],
    ),
    (
        {DEVIATION},
        [
            *["Treatment must be withheld.", "With regret, withhold treatment.", "I recommend that we hold the drug."],
            *["Dosing should be suspended until the sponsor rules.", "Do not continue treatment."],
            *["I advise against continuing.", "Continuing cannot be supported.", "Treatment can't go ahead."],
            "I see no problem, so treatment must be withheld.",  # a denial does not reach over a comma
        ],
    ),
    ({COMPLIANT, DEVIATION}, ["Continue treatment. Then again, dosing should stop."]),
    (
        set(),
        [
            *["ECOG 1 and LDH 201 are what I trust.", "Should treatment be stopped?"],
            *["If dosing were suspended, nobody would gain.", "The rule continues to bind the site."],
            "I hold eligibility to that range.",
        ],
    ),
]


def each(table):
    return [(text, verdicts) for verdicts, texts in table for text in texts]


@pytest.mark.parametrize(("text", "verdicts"), each(ARGUED))
def test_going_on_and_stopping(text, verdicts):
    assert stances(text, cohort=False) == verdicts


def worded(sentences):
    """Every wording of the sentences."""
    return ["".join(parts) for said in sentences for parts in product(*parts_of(said))]


@pytest.mark.parametrize("voice", [*voices_of("train"), *voices_of("test")], ids=lambda voice: voice.name)
def test_the_last_sentences_of_the_voices_are_known(voice):
    for verdict, parts in ((COMPLIANT, ("met", "compliant")), (DEVIATION, ("missed", "deviation"))):
        told = worded(said for part in parts for said in voice.parts[part])
        for closer in (said.format(clause="§4.2 (treatment window)") for said in told):
            assert stances(f"LDH 201 and ECOG 1. {closer}", cohort=False) == {verdict}, closer
    for closer in worded(voice.cohort["closers"]):
        assert stances(f"Mortality is 12 %. {closer}", cohort=True) == {COMPLIANT}, closer


@pytest.mark.parametrize(("text", "verdict"), [("Accept", COMPLIANT), ("Query", DEVIATION)])
def test_an_entry_is_accepted_or_queried(text, verdict):
    other = DEVIATION if verdict == COMPLIANT else COMPLIANT
    assert stances(f"{text} the entry.", cohort=False) == {verdict}
    assert stances(f"I would {text.lower()} the entry.", cohort=False) == {verdict}
    assert stances(f"I would not {text.lower()} the entry.", cohort=False) == {other}


def test_a_referral_stops_a_cohort_and_no_patient():
    text = "I would escalate this to the board."
    assert stances(text, cohort=True) == {"deviation"}
    assert stances(text, cohort=False) == set()
    assert stances("There is no basis for a referral.", cohort=True) == {"compliant"}


LIMITS = [
    (
        {DEVIATION},
        [
            *["The delay exceeds the base window.", "The start came after the treatment window."],
            *["The delay is past the 32 days of §4.1.", "The age is above the maximum.", "Treatment began too late."],
            *["The start was not within the window.", "Over that bound the enrollment raises no concern."],
            *["This breaks the protocol.", "The record shows a breach.", "In truth the rule is not kept."],
            *["It is well outside what is allowed.", "It is outside the permitted span."],
            "This patient should not have been let in.",
        ],
    ),
    (
        {COMPLIANT},
        [
            *["The start does not exceed the longer limit.", "The first dose was within the extended window."],
            *["Treatment began on time.", "The rule is kept."],
        ],
    ),
    (set(), ["ECOG 1.", "Is the delay past the limit?", "If it exceeds the limit, so be it."]),
]


@pytest.mark.parametrize(("text", "verdicts"), each(LIMITS))
def test_limits(text, verdicts):
    assert sides(text) == verdicts


def test_sentences_are_not_cut_in_figures():
    text = "Mortality is 31.7 % (13 of 41). §4.2 applies: so be it; it’s done."
    assert sentences(text) == ["mortality is 31.7 % (13 of 41).", "§4.2 applies:", "so be it;", "it's done."]
