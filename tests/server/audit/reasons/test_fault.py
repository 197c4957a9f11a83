"""A text names the fault by clause, by name or by what the Actor put in the clause's place, and says that it did so."""

from datetime import date

import pytest

from synth_audit_env.server.audit.rationale import names_fault
from synth_audit_env.server.audit.reasons.utterance import utterance

BACKWARDS = {"last_contact": date(2021, 3, 2)}
OVERRIDDEN = {"stage": "IV", "comorbidity_index": 6, "delay": 30, "cites": ("§5.1", "§5.2")}
RECORDS = {
    "override_ignored": OVERRIDDEN,
    "override_softened": OVERRIDDEN,
    "extension_to_other_stages": {"stage": "III", "delay": 30},
    "superseded_version": {"stage": "IV", "delay": 40, "enrolment_date": date(2021, 12, 1)},
    "generic_age_limits": {"age": 80},
    "labs_over_age": {"age": 80},
    "dates_not_compared": BACKWARDS,
    "data_entry_excuse": BACKWARDS,
    "guidance_window": {"delay": 30},
    "site_latency": {"delay": 30},
    "strict_age": {"age": 72},
}


@pytest.fixture
def names(truth):
    def ask(flaw, text, **more):
        made = truth(flaw, **RECORDS.get(flaw, {}), **more)
        return names_fault(made, utterance(text, made.names, made.proposal.note.reasoning))

    return ask


def each(texts):
    return [(flaw, text) for flaw, several in texts.items() for text in several]


NAMED = {
    "override_ignored": [
        "The Actor never read §5.3.",
        "Override overlooked.",
        "The override should have been applied.",
    ],
    "override_softened": ["The Actor put the bar of §5.3 too high.", "The Actor wants an index above 6.5."],
    "extension_to_other_stages": ["The Actor applied the Stage IV exception.", "Why was §5.2 invoked?"],
    "superseded_version": ["The Actor ignored Amendment 3.", "The Actor went by an outdated text."],
    "generic_age_limits": ["The Actor held generic limits in place of §3.2.", "The Actor took 90 for the limit."],
    "labs_over_age": ["The Actor never looked at the age.", "Was §3.2 read?", "Laboratory values came first."],
    "dates_not_compared": ["The Actor never compared the dates.", "§6.1 was waved off."],
    "data_entry_excuse": ["The Actor called it a clerical slip."],
    "guidance_window": ["The Actor used 44 days."],
    "site_latency": ["The Actor deducted site latency."],
    "strict_age": ["The Actor took limits that are narrower than §3.2.", "The Actor used 70."],
}
NOT_NAMED = {
    "override_ignored": [
        *["§5.3 is what counts.", "The Actor is wrong: §5.3.", "The Actor may have ignored §5.3."],
        *["The Actor applied or ignored §5.3.", "The Actor ignored §5.1, §5.2, §5.3 and §5.4."],
        "The Actor rested on laboratory values.",
    ],
    "override_softened": ["The Actor spoke of §5.3."],
    "generic_age_limits": ["The Actor ignored §3.2.", "The Actor took 91 for the limit."],
    "labs_over_age": ["The Actor never read §3.1.", "The Actor rested on laboratory values or generic limits."],
    "dates_not_compared": ["The dates are out of order."],
    "guidance_window": ["44 days is a round number."],
    "strict_age": ["The Actor applied §3.2."],
}


@pytest.mark.parametrize(("flaw", "text"), each(NAMED))
def test_the_fault_of_its_own_misreading_is_named(names, flaw, text):
    assert names(flaw, text)


@pytest.mark.parametrize(("flaw", "text"), each(NOT_NAMED))
def test_a_clause_alone_a_guess_a_list_or_the_fault_of_another_is_none(names, flaw, text):
    assert not names(flaw, text)


def test_a_reference_that_is_not_there_is_named_with_what_the_actor_or_the_protocol_makes_of_it(names, trial):
    cited = {"cited": trial.invented_provisions[0]}
    assert names("fabricated_citation", "The Actor leans on §9.2.", **cited)
    assert names("fabricated_citation", "§9.2 is not in the protocol.", **cited)
    assert not names("fabricated_citation", "§9.2 is about consent.", **cited)
    assert not names("fabricated_citation", "The Actor leans on §9.1.", **cited)


def test_a_number_that_only_the_note_has_is_what_is_taken_for_granted(names):
    said = "The Actor took off 8 days."
    assert names("site_latency", said, note="Less the 8 days that the pharmacy needs it fits.")
    assert not names("site_latency", said)
