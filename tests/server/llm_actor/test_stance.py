"""Which way a text argues: by its last words, by what it says should be done, and by what it says of limits."""

import pytest

from synth_audit_env.server.llm_actor.stance import sentences, sides, stances
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.voice import voices_of

GOING_ON = [
    "Treatment should continue.",
    "I recommend that treatment continue as planned.",
    "Continue treatment.",
    "I would not hold the drug on this file.",
    "There is no reason to stop treatment.",
    "Nothing calls for a pause, so continue treatment.",
    "I see no cause to change course; treatment continues.",
    "Withholding therapy would do the greater harm.",
    "We can proceed.",
    "I don't think dosing should be interrupted.",
]
STOPPING = [
    "Treatment must be withheld.",
    "With regret, withhold treatment.",
    "I recommend that we hold the drug.",
    "Dosing should be suspended until the sponsor rules.",
    "Do not continue treatment.",
    "I advise against continuing.",
    "Continuing cannot be supported.",
    "Treatment can't go ahead.",
]
SILENT = [
    "ECOG 1 and LDH 201 are what I trust.",
    "Should treatment be stopped?",
    "If dosing were suspended, nobody would gain.",
    "The rule continues to bind the site.",
    "I hold eligibility to that range.",
]


@pytest.mark.parametrize("text", GOING_ON)
def test_going_on(text):
    assert stances(text, cohort=False) == {"compliant"}


@pytest.mark.parametrize("text", STOPPING)
def test_stopping(text):
    assert stances(text, cohort=False) == {"deviation"}


@pytest.mark.parametrize("text", SILENT)
def test_neither(text):
    assert stances(text, cohort=False) == set()


def test_both():
    assert stances("Continue treatment. Then again, dosing should stop.", cohort=False) == {"compliant", "deviation"}


@pytest.mark.parametrize("voice", [*voices_of("train"), *voices_of("test")], ids=lambda voice: voice.name)
def test_the_last_sentences_of_the_voices_are_known(voice):
    for verdict, parts in ((COMPLIANT, ("met", "compliant")), (DEVIATION, ("missed", "deviation"))):
        for closer in (said.format(clause="§4.2 (treatment window)") for part in parts for said in voice.parts[part]):
            assert stances(f"LDH 201 and ECOG 1. {closer}", cohort=False) == {verdict}, closer
    for closer in voice.cohort["closers"]:
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


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("The delay exceeds the base window.", "deviation"),
        ("The start came after the treatment window.", "deviation"),
        ("The delay is past the 32 days of §4.1.", "deviation"),
        ("The age is above the maximum.", "deviation"),
        ("Treatment began too late.", "deviation"),
        ("The start does not exceed the longer limit.", "compliant"),
        ("The first dose was within the extended window.", "compliant"),
        ("Treatment began on time.", "compliant"),
        ("The start was not within the window.", "deviation"),
        ("Over that bound the enrollment raises no concern.", "deviation"),
        ("This breaks the protocol.", "deviation"),
        ("The record shows a breach.", "deviation"),
        ("In truth the rule is not kept.", "deviation"),
        ("The rule is kept.", "compliant"),
        ("It is well outside what is allowed.", "deviation"),
        ("It is outside the permitted span.", "deviation"),
        ("This patient should not have been let in.", "deviation"),
    ],
)
def test_limits(text, side):
    assert sides(text) == {side}


@pytest.mark.parametrize("text", ["ECOG 1.", "Is the delay past the limit?", "If it exceeds the limit, so be it."])
def test_no_limits(text):
    assert sides(text) == set()


def test_a_denial_does_not_reach_over_a_comma():
    assert stances("I see no problem, so treatment must be withheld.", cohort=False) == {"deviation"}


def test_sentences_are_not_cut_in_figures():
    text = "Mortality is 31.7 % (13 of 41). §4.2 applies: so be it; it’s done."
    assert sentences(text) == ["mortality is 31.7 % (13 of 41).", "§4.2 applies:", "so be it;", "it's done."]
