"""True evidence in the ways in which people put it, which an earlier reader refused, is believed of every such case."""

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.world.protocol import AGE, COMPLIANT, DATES, WINDOW
from synth_audit_env.server.world.protocol_text import EVENTS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

MONTHS = "January February March April May June July August September October November December".split()


def cases(error_type, seeds=40):
    for tier in TIERS:
        for seed in range(seeds):
            scenario = build_scenario(TIERS[tier], seed, ("train", "test")[seed % 2])
            for proposal in scenario.proposals:
                if proposal.error_type == error_type:
                    yield scenario, proposal, scenario.patient[proposal.note.patient_id]


def refused(error_type, put, *, verdict=None):
    """Texts that are not believed, and how many were tried."""
    tried, found = 0, []
    for scenario, proposal, record in cases(error_type):
        text = put(scenario, proposal, record) if verdict in (None, proposal.note.verdict) else None
        if text is not None:
            tried += 1
            examined = examine(scenario, proposal, text)
            if examined.false or not examined.evidence_stated:
                found.append((scenario.tier.name, scenario.seed, text, examined))
    return found, tried


def day(date, *, year=True):
    return f"{date.day} {MONTHS[date.month - 1]}" + (f" {date.year}" if year else "")


def pair(proposal):
    later, earlier = proposal.judgement.findings[0].fields
    return later, earlier


@pytest.mark.parametrize(
    "put",
    [
        lambda later, earlier, a, b: f"{later.capitalize()} {a}, before {earlier} {b}.",
        lambda later, earlier, a, b: f"{later.capitalize()} ({a}) before {earlier} ({b}).",
        lambda later, earlier, a, b: f"The {later} is dated {day(a)}; the {earlier} only {day(b)}.",
        lambda later, earlier, a, b: f"{earlier.capitalize()} on {day(b)}, after the {later} on {day(a)}.",
        lambda later, earlier, a, b: f"{earlier.capitalize()} {day(b, year=False)}, {later} {day(a, year=False)}.",
        lambda later, earlier, a, b: f"{later} {(b - a).days} days ahead of {earlier}.",
    ],
)
def test_dates_out_of_order(put):
    def text(scenario, proposal, record):
        later, earlier = pair(proposal)
        return put(EVENTS[later], EVENTS[earlier], getattr(record, later), getattr(record, earlier))

    found, tried = refused(DATES, text)
    assert tried > 50
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "{age} satisfies both §{low_clause} (minimum {low}) and §{high_clause} (maximum {high}).",
        "Age {age} is in range ({low} to {high}).",
        "{age} lies within {low}-{high}. There is no age violation.",
    ],
)
def test_an_age_that_is_in_range(text):
    def put(scenario, proposal, record):
        limits, numbers = proposal.judgement.parameters, scenario.trial.numbers
        return text.format(
            age=record.age,
            low=f"{limits['age_min']:g}",
            high=f"{limits['age_max']:g}",
            low_clause=numbers["age_min"],
            high_clause=numbers["age_max"],
        )

    found, tried = refused(AGE, put, verdict="deviation")
    assert tried > 3
    assert not found


@pytest.mark.parametrize(
    "text", ["No age is recorded.", "The age is blank.", "age: null", "The form gives no age at all."]
)
def test_a_blank_age(text):
    found, tried = refused(AGE, lambda s, p, record: text if record.age is None else None)
    assert tried
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "Treatment had to begin by {deadline}; it began on {start}.",
        "It took about {weeks} weeks ({delay} days), and {window} are allowed.",
        "Day {delay} of {window} permitted.",
        "Even the limit of {window} days was exceeded: {delay} days.",
        "{delay} days, {over} more than the {window} of the window in force.",
    ],
)
def test_a_late_start(text):
    from datetime import timedelta

    def put(scenario, proposal, record):
        window = int(proposal.judgement.parameters["window_days"])
        delay = (record.treatment_start - record.enrolment_date).days
        deadline = record.enrolment_date + timedelta(days=window)
        values = {
            "deadline": deadline,
            "start": record.treatment_start,
            "weeks": round(delay / 7),
            "over": delay - window,
        }
        return text.format(delay=delay, window=window, **values)

    found, tried = refused(WINDOW, put, verdict=COMPLIANT)
    assert tried > 50
    assert not found


def test_a_shapley_value():
    def put(scenario, proposal, record):
        unread = proposal.brief.flaw.name == "labs_over_age"
        return f"SHAP for age is 0, and {record.age} is the age." if unread and record.age else None

    found, tried = refused(AGE, put)
    assert tried > 20
    assert not found
