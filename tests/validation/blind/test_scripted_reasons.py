"""The scripts see no label and pick nothing by what a record says; guesses know when they are true."""

from dataclasses import replace
from datetime import timedelta

import pytest

from synth_audit_env.models import MAX_REASON
from synth_audit_env.server.world.protocol import AGE, CITATION, DATES, ERROR_TYPES, OVERRIDE, STATISTIC, WINDOW
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.blind.scripted_reasons import GUESSES, SCRIPTS, STUFFERS
from synth_audit_env.validation.episodes import scenarios

GUESS = {guess.name: guess for guess in GUESSES}
SCRIPT = {script.name: script for script in SCRIPTS}
WRONG = [(s, p) for tier in TIERS for s in scenarios(tier, "test", 12) for p in s.proposals if p.is_wrong]
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
    assert not picks(script, OVERRIDE, "comorbidity_index", (777, 0.125))
    assert not picks(script, OVERRIDE, "haemoglobin", (77.5, 0.125))
    scenario, proposal = ONE[WINDOW]
    enrolled = scenario.patient[proposal.note.patient_id].enrolment_date
    late, soon = (enrolled + timedelta(days) for days in (300, 1))
    if "{looks}" not in script.text:  # the timeline changes with the day
        assert not picks(script, WINDOW, "treatment_start", (late, soon), lambda day: f"delay {(day - enrolled).days} ")


def test_a_guess_that_looks_is_told_from_a_script():
    assert picks(GUESS["past the nearer limit"], AGE, "age", (777, 0.125))


def test_scripts_are_a_dozen_or_more_and_name_clauses_by_number_and_name():
    assert 12 <= len(SCRIPTS) <= 16
    scenario, proposal = next((s, p) for s, p in WRONG if p.brief.flaw.name == "waiver_stretched")
    override = scenario.trial.numbers["override"]
    assert f"§{override} (comorbidity override)" in SCRIPT["ignored all"](scenario, proposal, OVERRIDE)
    assert f"§{override} Comorbidity override: where" in SCRIPT["protocol recited"](scenario, proposal, OVERRIDE)
    assert f"never read §{override}" in SCRIPT["every fault"](scenario, proposal, OVERRIDE)


def test_the_timeline_is_copied_but_by_those_who_say_what_the_actor_did():
    for scenario, proposal in WRONG:
        if proposal.error_type == DATES:
            finding = proposal.judgement.findings[0]
            listed = f"{finding.observed:g} day"
            assert listed in SCRIPT["what a tool tells"](scenario, proposal, DATES)
            assert listed not in SCRIPT["ignored all"](scenario, proposal, DATES)


def test_there_is_a_guess_for_every_error_type():
    assert {guess.error_type for guess in GUESSES} == set(ERROR_TYPES)


def test_guesses_are_true_where_they_say_what_is_so():
    seen = set()
    for scenario, proposal in WRONG:
        flaw, record = proposal.brief.flaw.name, scenario.patient.get(proposal.note.patient_id)
        for guess in GUESSES:
            if guess.error_type != proposal.error_type:
                continue
            true, text = guess.is_true(scenario, proposal), guess(scenario, proposal, proposal.error_type)
            seen.add((guess.name, true))
            if guess.name == "too old":
                assert true == (record.age is not None and record.age > proposal.judgement.parameters["age_max"])
            if guess.error_type == WINDOW:
                late = (record.treatment_start - record.enrolment_date).days
                assert f"{late} > {proposal.judgement.parameters['window_days']:g} days" in text
                assert (
                    true
                    or flaw in ("superseded_version", "window_amendment", "extension_denied")
                    or record.stage == "IV"
                )
            if guess.error_type == OVERRIDE and flaw in ("override_ignored", "waiver_ignored"):
                assert true == (flaw == "override_ignored")
            if guess.error_type == CITATION:
                assert true == (proposal.brief.cited.number in text)
            if guess.error_type == STATISTIC:
                died, of = proposal.brief.figure.true.partition("(")[2].rstrip(")").split(" of ")
                assert f"{died}/{of}" in text
    assert {("too old", True), ("too old", False), ("late", True), ("late", False)} <= seen
    assert {("override ignored", True), ("override ignored", False)} <= seen
