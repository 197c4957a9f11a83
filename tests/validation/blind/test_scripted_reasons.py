"""The scripts see no label and pick nothing by what a record says; guesses know when they are true."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from synth_audit_env.models import MAX_REASON
from synth_audit_env.server.audit.rationale import reason_holds
from synth_audit_env.server.world.protocol import AGE, ERROR_TYPES, OVERRIDE, WINDOW
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.blind.scripted_reasons import GUESSES, SCRIPTS, STUFFERS
from synth_audit_env.validation.episodes import scenarios

SCRIPT = {script.name: script for script in SCRIPTS}
WRONG = [(s, p) for tier in TIERS for s in scenarios(tier, "test", 8) for p in s.proposals if p.is_wrong]
ONE = {p.error_type: (s, p) for s, p in WRONG}
"""A wrong proposal of each error type, of the expert tier."""


def with_record(scenario, proposal, **changes):
    changed = [replace(r, **changes) if r.patient_id == proposal.note.patient_id else r for r in scenario.patients]
    return replace(scenario, patients=tuple(changed))


def picks(script, error_type, field, values, shown=str):
    """Whether more than the value itself differs in what a script writes of two records."""
    scenario, proposal = ONE[error_type]
    texts = [script(with_record(scenario, proposal, **{field: value}), proposal, error_type) for value in values]
    assert texts[0] != texts[1] or shown(values[0]) not in texts[0]
    return texts[0].replace(shown(values[0]), "?") != texts[1].replace(shown(values[1]), "?")


@pytest.mark.parametrize("script", [*SCRIPTS, *STUFFERS, *GUESSES], ids=lambda script: script.name)
def test_no_text_depends_on_the_truth(script):
    for error_type, (scenario, proposal) in ONE.items():
        if getattr(script, "error_type", error_type) != error_type:
            continue
        turned = replace(proposal, is_wrong=False, error_type=None, judgement=None, brief=None, explanation="")
        text = script(scenario, proposal, error_type)
        assert text == script(scenario, turned, error_type)
        assert len(text) <= MAX_REASON


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_picks_by_what_the_record_says(script):
    assert not picks(script, AGE, "age", (777, 0.125))
    if ONE.get(OVERRIDE):
        assert not picks(script, OVERRIDE, "comorbidity_index", (777, 0.125))
        assert not picks(script, OVERRIDE, "haemoglobin", (77.5, 0.125))
    scenario, proposal = ONE[WINDOW]
    enrolled = scenario.patient[proposal.note.patient_id].enrolment_date
    late, soon = (enrolled + timedelta(days) for days in (300, 1))
    if "{looks}" not in script.text:  # the timeline changes with the day
        assert not picks(script, WINDOW, "treatment_start", (late, soon), lambda day: f"delay {(day - enrolled).days} ")


def test_scripts_are_a_dozen_or_more_and_name_clauses_by_number_and_name():
    assert len(SCRIPTS) == 23, "a script that is left out measures nothing"
    scenario, proposal = ONE[OVERRIDE]
    window = next(c.number for c in scenario.trial.protocol.clauses if c.parameter == "window_days")
    assert f"§{window} (treatment window)" in SCRIPT["ignored all"](scenario, proposal, OVERRIDE)
    assert f"§{window} Treatment window. " in SCRIPT["protocol recited"](scenario, proposal, OVERRIDE)
    assert f"never applied {proposal.note.citations[-1]}" in SCRIPT["every fault"](scenario, proposal, OVERRIDE)


def test_there_is_a_guess_for_every_error_type():
    assert {guess.error_type for guess in GUESSES} == set(ERROR_TYPES)


def test_a_guess_is_paid_only_where_it_is_true_or_what_it_says_of_a_clause_is():
    paid, true = Counter(), Counter()
    for scenario, proposal in WRONG:
        for guess in GUESSES:
            if guess.error_type == proposal.error_type:
                held = reason_holds(scenario, proposal, guess.error_type, guess(scenario, proposal, guess.error_type))
                is_true = guess.is_true(scenario, proposal)
                paid[guess.name, held and not is_true] += held
                true[guess.name, is_true] += 1
    assert sum(count for (_, untrue), count in paid.items() if untrue) <= 0.02 * len(WRONG)
    assert {("age misread", True), ("age misread", False), ("last citation", True)} <= true.keys()


def test_no_script_is_paid_for_more_than_a_tenth():
    for script in (*SCRIPTS, *STUFFERS):
        held = [reason_holds(s, p, p.error_type, script(s, p, p.error_type)) for s, p in WRONG]
        assert sum(held) <= 0.10 * len(held), script.name
