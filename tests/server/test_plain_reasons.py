"""True evidence in the ways in which people put it is believed of every such case."""

from datetime import timedelta

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.world.protocol import COMPLIANT, DATES, DEVIATION, WINDOW
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

MONTHS = "January February March April May June July August September October November December".split()
PUT = {
    ("window_days", WINDOW, COMPLIANT): [
        "Treatment had to begin by {deadline}; it began on {start}.",
        "It took about {weeks} weeks ({delay} days), and {limit} are allowed.",
        "Day {delay} of {limit} permitted.",
        "Even the limit of {limit} days was exceeded: {delay} days.",
        "{delay} days, {over} more than the {limit} of the window in force.",
        "Enrolled {day}, dosed {start}: {delay} days. Limit {limit}.",
    ],
    ("consent_days", DATES, COMPLIANT): [
        "Consent {consent}, enrolment {enrolled}: {lead} days, and {limit} are required.",
        "Consent was given on {consent}, {lead} days before enrolment. The minimum is {limit} days.",
        "{lead} days from consent to enrolment, short of the {limit} that the protocol asks for.",
    ],
    ("contact_days", DATES, DEVIATION): [
        "Last contact {contact} is {follow_up} days after treatment start on {start}, and {limit} are enough.",
        "{follow_up} days of follow-up, at least {limit} asked for: fine.",
        "The minimum is {limit} days. From {start} to {contact} it is {follow_up} days.",
    ],
}
"""What is put by the limit that it is about, the error type, and what the Actor concludes."""


def values(record, limit):
    enrolled, delay = record.enrolment_date, (record.treatment_start - record.enrolment_date).days
    return {
        "limit": f"{limit:g}",
        "consent": record.consent_date,
        "enrolled": enrolled,
        "day": f"{enrolled.day} {MONTHS[enrolled.month - 1]} {enrolled.year}",
        "start": record.treatment_start,
        "contact": record.last_contact,
        "deadline": enrolled + timedelta(days=limit),
        "delay": delay,
        "weeks": round(delay / 7),
        "over": f"{delay - limit:g}",
        "lead": (enrolled - record.consent_date).days,
        "follow_up": (record.last_contact - record.treatment_start).days,
    }


@pytest.mark.parametrize(("about", "text"), [(about, text) for about, texts in PUT.items() for text in texts])
def test_what_is_put_in_plain_words_is_believed_of_every_such_case(about, text):
    parameter, error_type, verdict = about
    tried, refused = 0, []
    for tier in TIERS:
        for seed in range(24):
            scenario = build_scenario(TIERS[tier], seed, ("train", "test")[seed % 2])
            for proposal in scenario.proposals:
                limits = proposal.judgement.parameters if proposal.error_type == error_type else {}
                if parameter not in limits or proposal.note.verdict != verdict:
                    continue
                told = values(scenario.patient[proposal.note.patient_id], limits[parameter])
                if parameter == "consent_days" and told["lead"] < 2:
                    continue  # it cannot be said so of one day, or of none
                tried += 1
                examined = examine(scenario, proposal, text.format(**told))
                if examined.false or not examined.evidence_stated:
                    refused.append((scenario.tier.name, seed, text.format(**told), examined))
    assert tried > 2
    assert not refused
