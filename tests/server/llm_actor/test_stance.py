"""Which way a text argues: by its last words, by what it says should be done, and by what it says of limits."""

from itertools import product

import pytest

from synth_audit_env.server.llm_actor.stance import sentences, sides, stances
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.voice import parts_of, voices_of

ARGUED = {
    "Treatment should continue.": {COMPLIANT},
    "I recommend that treatment continue as planned.": {COMPLIANT},
    "Continue treatment.": {COMPLIANT},
    "I would not hold the drug on this file.": {COMPLIANT},
    "There is no reason to stop treatment.": {COMPLIANT},
    "Nothing calls for a pause, so continue treatment.": {COMPLIANT},
    "I see no cause to change course; treatment continues.": {COMPLIANT},
    "Withholding therapy would do the greater harm.": {COMPLIANT},
    "We can proceed.": {COMPLIANT},
    "I don't think dosing should be interrupted.": {COMPLIANT},
    "Treatment must be withheld.": {DEVIATION},
    "With regret, withhold treatment.": {DEVIATION},
    "I recommend that we hold the drug.": {DEVIATION},
    "Dosing should be suspended until the sponsor rules.": {DEVIATION},
    "Do not continue treatment.": {DEVIATION},
    "I advise against continuing.": {DEVIATION},
    "Continuing cannot be supported.": {DEVIATION},
    "Treatment can't go ahead.": {DEVIATION},
    "I see no problem, so treatment must be withheld.": {DEVIATION},  # a denial does not reach over a comma
    "Continue treatment. Then again, dosing should stop.": {COMPLIANT, DEVIATION},
    "ECOG 1 and LDH 201 are what I trust.": set(),
    "Should treatment be stopped?": set(),
    "If dosing were suspended, nobody would gain.": set(),
    "The rule continues to bind the site.": set(),
    "I hold eligibility to that range.": set(),
}


@pytest.mark.parametrize(("text", "verdicts"), ARGUED.items())
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


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("The delay exceeds the base window.", {DEVIATION}),
        ("The start came after the treatment window.", {DEVIATION}),
        ("The delay is past the 32 days of §4.1.", {DEVIATION}),
        ("The age is above the maximum.", {DEVIATION}),
        ("Treatment began too late.", {DEVIATION}),
        ("The start does not exceed the longer limit.", {COMPLIANT}),
        ("The first dose was within the extended window.", {COMPLIANT}),
        ("Treatment began on time.", {COMPLIANT}),
        ("The start was not within the window.", {DEVIATION}),
        ("Over that bound the enrollment raises no concern.", {DEVIATION}),
        ("This breaks the protocol.", {DEVIATION}),
        ("The record shows a breach.", {DEVIATION}),
        ("In truth the rule is not kept.", {DEVIATION}),
        ("The rule is kept.", {COMPLIANT}),
        ("It is well outside what is allowed.", {DEVIATION}),
        ("It is outside the permitted span.", {DEVIATION}),
        ("This patient should not have been let in.", {DEVIATION}),
        ("ECOG 1.", set()),
        ("Is the delay past the limit?", set()),
        ("If it exceeds the limit, so be it.", set()),
    ],
)
def test_limits(text, verdicts):
    assert sides(text) == verdicts


def test_sentences_are_not_cut_in_figures():
    text = "Mortality is 31.7 % (13 of 41). §4.2 applies: so be it; it’s done."
    assert sentences(text) == ["mortality is 31.7 % (13 of 41).", "§4.2 applies:", "so be it;", "it's done."]
