"""What an Actor did, told from its note."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.actor_fault import fault
from synth_audit_env.agents.note_checks import NoteReading, read_note
from synth_audit_env.agents.protocol_reader import WORDS, ReadProtocol, read_protocol
from synth_audit_env.models import ReviewResult

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
    review = ReviewResult(
        proposal_id="PROP-001",
        patient_id="P0001",
        verdict=verdict,
        recommended_action="",
        confidence=0.9,
        reasoning=reasoning,
        citations=list(cited),
    )
    return read_note(protocol, review)


@pytest.mark.parametrize(
    ("facts", "verdict", "cited", "reasoning", "said"),
    [
        (
            {},
            "compliant",
            ("§5.1", "§5.2"),
            f"{STAGE} {DELAY} is 31 days, at most 42 days under §5.2.",
            "never applied §5.3 (comorbidity override)",
        ),
        (
            {},
            "compliant",
            ("§5.1", "§5.2", "§5.3"),
            f"{STAGE} §5.3 is out, as the comorbidity index is 4, not above 4.5.",
            "took the comorbidity index for 4 where the record has 6",
        ),
        (
            {},
            "compliant",
            ("§5.1", "§5.2", "§5.3"),
            f"{STAGE} §5.3 is out, as the comorbidity index is 6, not above 6.5.",
            "took the threshold of §5.3 (comorbidity override) for 6.5 where it is 4.5",
        ),
        (
            {},
            "compliant",
            ("§5.1", "§5.2", "§5.3"),
            f"{STAGE} §5.3 is out, as the comorbidity index is not above its threshold.",
            "read the condition of §5.3 (comorbidity override) the wrong way round",
        ),
        (
            {"stage": 2.0, "comorbidity_index": 3.0},
            "compliant",
            ("§5.1", "§5.2"),
            STAGE,
            "applied §5.2 although its condition is not met",
        ),
        (
            {"stage": 2.0},
            "compliant",
            ("§5.1", "Amendment 2"),
            "Amendment 2 counts.",
            "applied Amendment 2, in force from 2022-06-01, to a patient who enrolled before it, on 2021-07-29",
        ),
        (
            {"stage": 2.0},
            "compliant",
            ("§5.1", "Amendment 4"),
            "Amendment 4 counts.",
            "counted Amendment 4 by enrolment, and it counts by consent: that was on 2021-07-21, before 2021-07-28",
        ),
        (
            {"stage": 2.0, "enrolment_date": 737990.0, "consent_date": 737982.0},
            "compliant",
            ("§5.1", "Amendment 4"),
            "Amendment 4 counts.",
            "applied Amendment 4, in force from 2021-07-28, to a patient who consented before it, on 2021-07-11",
        ),
        (
            {"stage": 2.0, "delay": 20.0},
            "deviation",
            ("§5.1",),
            f"{DELAY} is 28 days, too much for §5.1.",
            "counted the delay from consent and not from enrolment",
        ),
        (
            {"stage": 2.0, "delay": 24.0},
            "deviation",
            ("§5.1",),
            f"{DELAY} is 24 days, and §5.1 asks for at most 24 days.",
            "took a value at the limit of §5.1 (treatment window) for a breach of it",
        ),
        (
            {"stage": 2.0},
            "compliant",
            ("§5.1",),
            f"{DELAY} is 31 days, and §5.1 asks for at most 33 days.",
            "took the limit of §5.1 (treatment window) for 33 where it is 24",
        ),
        (
            {"stage": 2.0},
            "compliant",
            ("§5.1", "Amendment 3"),
            "Amendment 3 counts.",
            "leans on Amendment 3, which is not in the protocol",
        ),
        (
            {"stage": 2.0},
            "compliant",
            ("§5.1",),
            f"{DELAY} was held against §5.1.",
            f"misread {DELAY.lower()}, which is 31 days in the record",
        ),
    ],
)
def test_says_what_the_note_shows(
    facts: dict[str, float], verdict: str, cited: tuple[str, ...], reasoning: str, said: str
) -> None:
    blank = dict.fromkeys(("age", "ecog", "ldh", "haemoglobin", "creatinine", "bmi", "prior_chemo_cycles"))
    assert (
        fault(PROTOCOL, note(PROTOCOL, verdict, cited, reasoning), {**blank, **FACTS, **facts}, {})
        == f"The Actor {said}."
    )


MEASURED = read_protocol("""PROTOCOL ONC-1234. Synthetic data, not for clinical use.
§3 Sources
§3.1 Source of haemoglobin: where the two laboratories differ, the value of the central laboratory counts.
§4 Eligibility
§4.1 Haemoglobin limit. Haemoglobin is at least 10 g/dL.
§9 Amendments""")


@pytest.mark.parametrize(
    "said", ["The haemoglobin is 10.8 g/dL, and §4.1 asks for at least 10 g/dL.", "§4.1 is kept to."]
)
def test_says_whose_report_the_actor_read_where_the_note_quotes_it_or_is_explained_by_it(said: str) -> None:
    told, facts = note(MEASURED, "compliant", ("§4.1",), said), {"haemoglobin": 9.6, "delay": 20.0, "consent_lead": 4.0}
    assert fault(MEASURED, told, facts, {"haemoglobin": 10.8}) == (
        "The Actor took the haemoglobin of the site laboratory, 10.8, and that of the central laboratory counts, "
        "9.6 (§3.1)."
    )
    assert "laboratory" not in fault(MEASURED, told, facts, {"haemoglobin": 9.7})


@pytest.mark.parametrize(
    ("words", "verdict", "said"),
    [("at least", "deviation", "a breach of it"), ("more than", "compliant", "one that keeps to it")],
)
def test_says_which_way_the_actor_took_a_value_at_a_limit(words: str, verdict: str, said: str) -> None:
    protocol = read_protocol(f"PROTOCOL\n§4 Eligibility\n§4.1 Haemoglobin limit. Haemoglobin is {words} 10 g/dL.")
    told = note(protocol, verdict, ("§4.1",), "The haemoglobin was held against §4.1.")
    facts = {"haemoglobin": 10.0, "delay": 20.0, "consent_lead": 4.0}
    taken = f"took a value at the limit of §4.1 (haemoglobin limit) for {said}"
    assert fault(protocol, told, facts, {}) == f"The Actor {taken}."
