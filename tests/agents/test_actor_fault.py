"""What an Actor did, claimed from its note."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.actor_fault import against_protocol, fault
from synth_audit_env.agents.note_checks import NoteReading, read_note
from synth_audit_env.agents.protocol_reader import WORDS, ReadProtocol, read_protocol
from synth_audit_env.tests.agents.written import review

PROTOCOL = read_protocol("""PROTOCOL ONC-1234. Synthetic data, not for clinical use.
§5 Scheduling
§5.1 Treatment window. Treatment starts at most 24 days after enrolment.
§5.2 Stage IV exception: where the disease is Stage IV, the limit of §5.1 is 42 days instead.
§5.3 Comorbidity override: where the comorbidity index is above 4.5, §5.2 does not apply.
§9 Amendments
Amendment 2 (in force 2022-06-01): for patients enrolled on or after 2022-06-01, §5.1 reads 35 days.
Amendment 4 (in force 2021-07-28): for patients who consented on or after 2021-07-28, §5.1 reads 36 days.""")
FACTS = {
    "delay": 31.0,
    "consent_lead": 8.0,
    "stage": 4.0,
    "comorbidity_index": 6.0,
    "enrolment_date": 738000.0,  # 2021-07-29
    "consent_date": 737992.0,
}
DELAY = f"The {WORDS['delay']}"
STAGE = "The disease is Stage IV, hence §5.2."


def note(protocol: ReadProtocol, verdict: str, cited: tuple[str, ...], reasoning: str) -> NoteReading:
    return read_note(protocol, review(reasoning, *cited, verdict=verdict))


BLANK = dict.fromkeys(("age", "ecog", "ldh", "haemoglobin", "creatinine", "bmi", "prior_chemo_cycles"))
WHOLE = ("§5.1", "§5.2", "§5.3")
BASE = WHOLE[:1]
BY_CONSENT = ("§5.1", "Amendment 4")
II = {"stage": 2.0}
EARLY = II | {"enrolment_date": 737990.0, "consent_date": 737982.0}
OUT = f"{STAGE} It does not meet §5.3 (comorbidity index"
ASKS = "days, and §5.1 asks for at most"


@pytest.mark.parametrize(
    ("facts", "cited", "reasoning", "claim"),
    [
        ({}, WHOLE[:2], f"{STAGE} {DELAY} is 31 days, at most 42 days under §5.2.", "clause_ignored: 5.3: 6"),
        ({}, WHOLE, f"{OUT} 4, threshold 4.5).", "record_misread: comorbidity_index: 6"),
        ({}, WHOLE, f"{OUT} 6, threshold 6.5).", "condition_misread: 5.3: 4.5"),
        ({}, WHOLE, f"{STAGE} It does not meet §5.3. {DELAY} was held against §5.2.", "clause_ignored: 5.3: 6"),
        (II | {"comorbidity_index": 3.0}, WHOLE[:2], f"{STAGE} {DELAY} fits §5.2.", "clause_misapplied: 5.2: II"),
        (II, ("§5.1", "Amendment 2"), "Amendment 2 counts.", "clause_misapplied: Amendment 2: 2021-07-29"),
        (II, BY_CONSENT, "Amendment 4 counts.", "condition_misread: Amendment 4: 2021-07-21"),
        (EARLY, BY_CONSENT, "With its consent Amendment 4 counts.", "clause_misapplied: Amendment 4: 2021-07-11"),
        (II | {"delay": 20.0}, BASE, f"{DELAY} is 28 days, too much for §5.1.", "record_misread: delay: 20"),
        (II | {"delay": 24.0}, BASE, f"{DELAY} is 24 {ASKS} 24 days.", "boundary_misjudged: 5.1: 24"),
        (II, BASE, f"{DELAY} is 31 {ASKS} 33 days.", "limit_misread: 5.1: 24"),
        (II, ("§5.1", "Amendment 3"), "Amendment 3 counts.", "not_in_protocol: Amendment 3"),
        (II, BASE, f"{DELAY} was held against §5.1.", "record_misread: delay: 31"),
        (II, BASE, f"{DELAY} of 31 days was held against §5.1.", "limit_misread: 5.1: 24"),
    ],
)
def test_claims_what_the_note_shows(
    facts: dict[str, float], cited: tuple[str, ...], reasoning: str, claim: str
) -> None:
    """By an Actor who finds a deviation where the delay keeps to its limit, and none where it is past it."""
    verdict = "deviation" if facts.get("delay", 31.0) <= 24 else "compliant"
    told = fault(PROTOCOL, note(PROTOCOL, verdict, cited, reasoning), {**BLANK, **FACTS, **facts})
    assert told is not None
    assert [one for one in told if one is not None] == claim.split(": ")


@pytest.mark.parametrize(
    ("delay", "verdict", "reasoning"),
    [
        (31.0, "deviation", f"{STAGE} §5.3 counts, the comorbidity index is above 4.5. {DELAY} is 31 days by §5.1."),
        (24.0, "compliant", f"{STAGE} The comorbidity index is above its threshold. {DELAY} was held against §5.1."),
    ],
)
def test_of_a_sound_argument_nothing_is_claimed(delay: float, verdict: str, reasoning: str) -> None:
    facts = {**BLANK, **FACTS, "delay": delay, "enrolment_date": 737900.0, "consent_date": 737892.0}
    assert fault(PROTOCOL, note(PROTOCOL, verdict, WHOLE, reasoning), facts) is None
    # The same verdict by another way.
    by_luck = note(PROTOCOL, verdict, WHOLE[:1], f"{DELAY} was held against §5.1.")
    assert fault(PROTOCOL, by_luck, facts) == ("clause_ignored", "5.2", "IV")


def test_what_a_note_says_of_the_protocol_takes_no_record() -> None:
    told = note(PROTOCOL, "compliant", ("§5.1",), f"{DELAY} is 31 days, and §5.1 asks for at most 33 days.")
    assert against_protocol(PROTOCOL, told) == ("limit_misread", "5.1", "24")
    # From when on an amendment counts at a site takes the record, which has the site.
    assert (
        against_protocol(PROTOCOL, note(PROTOCOL, "compliant", ("§5.1", "Amendment 4"), "Amendment 4 counts.")) is None
    )
