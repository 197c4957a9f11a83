"""True evidence in the ways in which people put it is believed of every such case."""

from datetime import timedelta

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.world.protocol import COMPLIANT, DATES, DEVIATION, WINDOW
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

MONTHS = "January February March April May June July August September October November December".split()


def assert_believed(error_type, put, verdict):
    """Of every such case what is put is believed; None is put where it cannot be said of one."""
    tried, refused = 0, []
    for tier in TIERS:
        for seed in range(24):
            scenario = build_scenario(TIERS[tier], seed, ("train", "test")[seed % 2])
            for proposal in scenario.proposals:
                if proposal.error_type != error_type or proposal.note.verdict != verdict:
                    continue
                text = put(proposal, scenario.patient[proposal.note.patient_id])
                if text is None:
                    continue
                tried += 1
                examined = examine(scenario, proposal, text)
                if examined.false or not examined.evidence_stated:
                    refused.append((scenario.tier.name, seed, text, examined))
    assert tried > 2
    assert not refused


def day(date):
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


@pytest.mark.parametrize(
    "text",
    [
        "Treatment had to begin by {deadline}; it began on {start}.",
        "It took about {weeks} weeks ({delay} days), and {window} are allowed.",
        "Day {delay} of {window} permitted.",
        "Even the limit of {window} days was exceeded: {delay} days.",
        "{delay} days, {over} more than the {window} of the window in force.",
        "Enrolled {enrolled}, dosed {start}: {delay} days. Limit {window}.",
    ],
)
def test_a_late_start(text):
    def put(proposal, record):
        window = int(proposal.judgement.parameters["window_days"])
        delay = (record.treatment_start - record.enrolment_date).days
        values = {
            "deadline": record.enrolment_date + timedelta(days=window),
            "start": record.treatment_start,
            "enrolled": day(record.enrolment_date),
            "weeks": round(delay / 7),
            "over": delay - window,
        }
        return text.format(delay=delay, window=window, **values)

    assert_believed(WINDOW, put, COMPLIANT)


@pytest.mark.parametrize(
    "text",
    [
        "Consent {consent}, enrolment {enrolled}: {lead} days, and {limit} are required.",
        "Consent was given on {consent}, {lead} days before enrolment. The minimum is {limit} days.",
        "{lead} days from consent to enrolment, short of the {limit} that the protocol asks for.",
    ],
)
def test_a_consent_that_was_too_late(text):
    def put(proposal, record):
        limit = proposal.judgement.parameters.get("consent_days")
        lead = (record.enrolment_date - record.consent_date).days
        if limit is None or lead < 2:
            return None
        return text.format(consent=record.consent_date, enrolled=record.enrolment_date, lead=lead, limit=f"{limit:g}")

    assert_believed(DATES, put, COMPLIANT)


@pytest.mark.parametrize(
    "text",
    [
        "Last contact {contact} is {days} days after treatment start on {start}, and {limit} are enough.",
        "{days} days of follow-up, at least {limit} asked for: fine.",
        "The minimum is {limit} days. From {start} to {contact} it is {days} days.",
    ],
)
def test_a_follow_up_that_was_long_enough(text):
    def put(proposal, record):
        limit = proposal.judgement.parameters.get("contact_days")
        days = (record.last_contact - record.treatment_start).days
        values = {"contact": record.last_contact, "start": record.treatment_start, "days": days}
        return None if limit is None else text.format(**values, limit=f"{limit:g}")

    assert_believed(DATES, put, DEVIATION)
