"""Reasons that guess: they say what is wrong, or which limit counts, before anybody has looked.

    nearer_limit(scenario, proposal)     # "Age 77. Limit 72."

A guess is paid when it is right, as anybody is who says so: no reading of the text can tell luck from work. What keeps
it from paying is that the flag must be right too, and that bonuses wait (`reward_model.Vesting`).
"""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.server import protocol as p
from synth_audit_env.server.reasons.rules import AGES, WINDOWS
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.validation.blind.rule_dumps import in_force, values_of
from synth_audit_env.validation.blind.stuffed_reasons import Stuffer, delay_of, record_of


def guessed_citation(scenario: Scenario, proposal: Proposal) -> str:
    """That the last reference of the note does not exist, without looking."""
    return f"{proposal.note.citations[-1]} is not in the protocol."


def guessed_age(scenario: Scenario, proposal: Proposal) -> str:
    """That the patient is a year over the limit, without looking."""
    limit = in_force(scenario, proposal)["age_max"]
    return f"Age {limit + 1:g} is above {limit:g}."


def guessed_delay(scenario: Scenario, proposal: Proposal) -> str:
    """That treatment was a day late, without looking."""
    limit = in_force(scenario, proposal).get("window_days", 0)
    return f"The delay of {limit + 1:g} days exceeds {limit:g} days."


def nearer_limit(scenario: Scenario, proposal: Proposal) -> str:
    """The age and the limit that is nearer to it: a guess at which is broken."""
    record, limits = record_of(scenario, proposal), in_force(scenario, proposal)
    near = min((limits[name] for name in AGES), key=lambda limit: abs(limit - (record.age or 0)))
    return f"Age {record.age}. Limit {near:g}."


def base_window(scenario: Scenario, proposal: Proposal) -> str:
    """The delay and the first window: a guess at which applies."""
    first = values_of(scenario, *WINDOWS).partition(",")[0] or "0"
    return f"Delay {delay_of(record_of(scenario, proposal))} days. Window {first} days."


GUESSES: Mapping[Stuffer, str] = {
    guessed_citation: p.CITATION,
    guessed_age: p.AGE,
    guessed_delay: p.WINDOW,
    nearer_limit: p.AGE,
    base_window: p.WINDOW,
}
"""With the error type that each is a guess at. The last two look at the value, and take the likeliest limit for it."""
